import type { AccountRow, MemoryAccount } from '../../model/memory-account.ts'
import type { Problems } from '../../model/problem.ts'

/** Builds the tree of sizes, and sees to it that the children of each row add up to it. */
export class AccountTree {
  readonly #rows: AccountRow[] = []
  readonly #children = new Map<string, AccountRow[]>()
  readonly #rests: AccountRow[] = []

  /** The parent is there already. `bytes` undefined: not known. */
  add(key: string, parent: string | undefined, name: string, bytes: number | undefined, note: string): void {
    const row = { key, parent, name, bytes, note }
    this.#rows.push(row)
    if (parent === undefined) return
    const siblings = this.#children.get(parent)
    if (siblings === undefined) this.#children.set(parent, [row])
    else siblings.push(row)
  }

  /** Parts of `parent` as [last part of the key, name, bytes, note]. */
  addAll(parent: string, parts: readonly [string, string, number | undefined, string][]): void {
    for (const [key, name, bytes, note] of parts) this.add(`${parent}.${key}`, parent, name, bytes, note)
  }

  /** What no other child of `parent` has, where that tells what it is: [last part of the key, name, note]. */
  addRest(parent: string, [key, name, note]: readonly [string, string, string]): void {
    this.add(`${parent}.${key}`, parent, name, undefined, note)
    this.#rests.push(this.#rows[this.#rows.length - 1])
  }

  /**
   * The rows, parents first. Where children fall short of their parent, a row "not attributed" has the difference; where
   * they exceed it, which only a core taken in the middle of a change explains, their sizes become unknown.
   */
  finish(problems: Problems): MemoryAccount {
    for (const rest of this.#rests) {
      const parent = this.#rows.find(({ key }) => key === rest.parent)
      if (parent?.bytes === undefined) continue
      const left = parent.bytes - this.#sum(parent.key)
      if (left >= 0) rest.bytes = left
    }
    for (const { key, bytes } of [...this.#rows]) {
      const children = this.#children.get(key)
      if (children === undefined) continue
      if (bytes === undefined) {
        for (const child of children) child.bytes = undefined
        continue
      }
      const left = bytes - this.#sum(key)
      if (left > 0) {
        this.add(`${key}.not-attributed`, key, 'not attributed', left, 'What it is for cannot be told.')
      } else if (left < 0) {
        for (const child of children) child.bytes = undefined
        this.add(`${key}.not-attributed`, key, 'not attributed', bytes, 'The parts contradict the whole.')
        const message = `the parts of ${key} have ${-left} bytes more than the whole: they are left unknown`
        problems.add('spans', 'memory-account-contradicts', 'warning', message)
      }
    }
    return this.#rows
  }

  #sum(key: string): number {
    return (this.#children.get(key) ?? []).reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
  }
}
