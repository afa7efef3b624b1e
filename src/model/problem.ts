import type { Stage } from '../progress.ts'

/**
 * error: figures are missing something that was there; warning: a figure may be off or a detail is lost;
 * info: worth knowing, no figure is affected.
 */
export type Severity = 'error' | 'warning' | 'info'

export interface Problem {
  stage: Stage
  /** Stable kebab-case name of the situation, for SQL. */
  code: string
  severity: Severity
  /** The first address concerned; undefined when the problem has no place. */
  address: number | undefined
  count: number
  message: string
}

/**
 * Codes of problems by which variables or objects that may hold pointers were lost. What no root reaches then need not
 * be garbage: see losesPointers.
 */
const LOSES_POINTERS: ReadonlySet<string> = new Set([
  // Everything, when the runtime is not laid out as goheap takes it to be.
  'invariants-broken',
  // Registers of threads.
  'no-threads',
  'note-malformed',
  'notes-truncated',
  'notes-too-many',
  'threads-unreadable',
  // Objects, and what is in them.
  'spans-lost',
  'span-unreadable',
  'span-contradicts',
  'alloc-bits-unreadable',
  'objects-lost',
  'heap-absent',
  'mask-unreadable',
  // Variables, stacks and what else the collector begins with.
  'module-unreadable',
  'data-mask-unreadable',
  'data-unreadable',
  'goroutines-unreadable',
  'goroutine-unreadable',
  'stack-unreadable',
  'defers-unreadable',
  'queue-unreadable',
  'queue-not-found',
  'special-unreadable',
])

/** True when pointers were lost: reachable is what is found so, but what is not found so need not be garbage. */
export function losesPointers(problems: readonly Problem[]): boolean {
  return problems.some(({ code }) => LOSES_POINTERS.has(code))
}

/** Collects what could not be read or did not hold. The same (stage, code) is one row with a count. */
export class Problems {
  readonly #rows = new Map<string, Problem>()

  /** The first message of a (stage, code) is kept; later ones only count. */
  add(
    stage: Stage,
    code: string,
    severity: Severity,
    message: string,
    where: { address?: number | undefined; count?: number } = {},
  ): void {
    const key = `${stage}/${code}`
    const row = this.#rows.get(key)
    // A damaged word need not be an address at all.
    const address = Number.isSafeInteger(where.address) ? where.address : undefined
    if (row) {
      row.count += where.count ?? 1
      row.address ??= address
      return
    }
    this.#rows.set(key, {
      stage,
      code,
      severity,
      address,
      count: where.count ?? 1,
      message,
    })
  }

  get rows(): readonly Problem[] {
    return [...this.#rows.values()]
  }
}
