/** What came of holding one invariant against a database, or a database against its core. */
export interface Check {
  readonly name: string
  /** skip: could not be compared, `detail` says why. */
  readonly verdict: 'pass' | 'fail' | 'skip'
  /** The figures that were compared. */
  readonly detail: string
  /** The first few things that do not hold. */
  readonly examples: readonly string[]
}

const MAX_EXAMPLES = 3

/** Counts what does not hold, and keeps the first few. */
export class Mismatches {
  count = 0
  readonly examples: string[] = []

  add(describe: () => string): void {
    if (this.count++ < MAX_EXAMPLES) this.examples.push(describe())
  }

  /** The check that these are of; `detail` says what was compared. */
  check(name: string, detail: string): Check {
    const { count, examples } = this
    if (count === 0) return { name, verdict: 'pass', detail, examples }
    return { name, verdict: 'fail', detail: `${countOf(count)} of ${detail}`, examples }
  }
}

export const countOf = (count: number) => count.toLocaleString('en-US')
export const hexOf = (address: number) => `0x${address.toString(16)}`

export function skip(name: string, reason: string): Check {
  return { name, verdict: 'skip', detail: reason, examples: [] }
}

/** Passes when there is no difference between two figures. */
export function compareFigures(name: string, what: string, found: number, expected: number): Check {
  const mismatches = new Mismatches()
  if (found !== expected) mismatches.add(() => `${countOf(found)}, not ${countOf(expected)}`)
  return mismatches.check(name, `${countOf(found)} ${what}`)
}
