import { expect, test } from 'vitest'
import { useLeaky } from '../answers/leaky.ts'

const leaky = useLeaky()

test("the caller is the program's innermost function where the standard library's stands", () => {
  const isOwn = (call: string) => /^(main\.|example\.com\/)/.test(call)
  const stacks = [...leaky.db.query('SELECT function, caller, frames FROM goroutine_stacks').rows]
  for (const [name, caller, frames] of stacks) {
    const own = String(frames).split('\n').find(isOwn)?.split(' ')[0]
    expect(caller).toBe(own === undefined || own === name ? null : own)
  }
  expect(stacks.filter(([name, caller]) => caller === null && isOwn(String(name))).length).toBeGreaterThan(0)
  expect(stacks.filter(([, caller]) => caller !== null).length).toBeGreaterThan(0)
})
