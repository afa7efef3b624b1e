import type { HeapDb } from '../../src/schema/heap-db.ts'

/** A heap as plain rows of its database, and what is reachable in it by following them. */
export class BruteForce {
  readonly #targets = new Map<number, [offset: number, target: number][]>()
  readonly #sizes = new Map<number, number>()
  readonly #parents = new Map<number, number | null>()

  constructor(db: HeapDb) {
    const rows = (sql: string) => [...db.query(sql).rows].map((row) => row.map((cell) => Number(cell)))
    for (const [id, size] of rows('SELECT id, size FROM objects')) this.#sizes.set(id, size)
    for (const [id, parent] of db.query('SELECT id, parent_id FROM roots').rows) {
      this.#parents.set(Number(id), parent === null ? null : Number(parent))
    }
    const pointers =
      'SELECT source_id, offset, target_id FROM edges UNION ALL SELECT root_id, offset, target_id FROM root_edges'
    for (const [source, offset, target] of rows(pointers)) {
      const targets = this.#targets.get(source) ?? []
      targets.push([offset, target])
      this.#targets.set(source, targets)
    }
  }

  /** Ids of objects that a root reaches without the nodes and pointers (`source.offset`) that are removed. */
  reach(nodes?: ReadonlySet<number>, pointers?: ReadonlySet<string>): Set<number> {
    return new Set(this.distances(nodes, pointers).keys())
  }

  /** Pointers from the nearest root to each object that a root reaches without the nodes and pointers (`source.offset`) that are removed. */
  distances(
    nodes: ReadonlySet<number> = new Set(),
    pointers: ReadonlySet<string> = new Set(),
  ): Map<number, number> {
    const isGone = (root: number | null): boolean =>
      root !== null && (nodes.has(root) || isGone(this.#parents.get(root) ?? null))
    const queue = [...this.#parents.keys()].filter((root) => !isGone(root))
    const reached = new Map<number, number>()
    for (const node of queue) {
      for (const [offset, target] of this.#targets.get(node) ?? []) {
        if (reached.has(target) || nodes.has(target) || pointers.has(`${node}.${offset}`)) continue
        reached.set(target, (reached.get(node) ?? 0) + 1)
        queue.push(target)
      }
    }
    return reached
  }

  /** What is lost by a removal. */
  lose(nodes: ReadonlySet<number>, pointers?: ReadonlySet<string>): { count: number; bytes: number } {
    const left = this.reach(nodes, pointers)
    const lost = [...this.reach()].filter((id) => !left.has(id))
    return { count: lost.length, bytes: this.sizeOf(lost) }
  }

  sizeOf(ids: Iterable<number>): number {
    return [...ids].reduce((sum, id) => sum + (this.#sizes.get(id) ?? 0), 0)
  }
}
