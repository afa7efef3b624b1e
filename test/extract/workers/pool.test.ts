import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('workers that are stopped while they still start do not take the process with them', () => {
  const program = join(import.meta.dirname, 'stop-early.ts')
  expect(execFileSync(process.execPath, [program], { encoding: 'utf8' })).toBe('stopped\n')
})
