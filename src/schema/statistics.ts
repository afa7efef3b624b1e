import type Database from 'better-sqlite3'
import type { AnalysedHeap } from '../model/heap-graph.ts'

/** A row of sqlite_stat1. */
export interface Statistic {
  table: string
  index: string
  stat: string
}

/**
 * What ANALYZE would find out in seconds of scanning: how many rows a table has, and how many share a value of each
 * index's leading columns. Figures are as good as a planner needs.
 * https://www.sqlite.org/fileformat2.html#the_sqlite_stat1_table
 */
export function estimateStatistics({ heap, analysis }: AnalysedHeap): Statistic[] {
  const statistics: Statistic[] = []
  const add = (table: string, index: string, rows: number, ...share: number[]) => {
    const stat = [rows, ...share.map((n) => Math.max(1, Math.round(n)))].join(' ')
    if (rows > 0) statistics.push({ table, index, stat })
  }
  const { objects, graph, roots } = heap
  const { edges, rootEdges } = graph
  const types = countDistinct(objects.type, heap.types.rows.length + 1, 1)
  const dominators = countDistinct(
    analysis.idom.subarray(0, objects.count),
    objects.count + roots.count + 1,
    1,
  )
  const targets = countDistinct(edges.target, objects.count, 0)
  const rootTargets = countDistinct(rootEdges.target, objects.count, 0)
  const sources = countSources(edges.first)
  const rootSources = countSources(rootEdges.first)
  add('objects', 'objects_of_type', objects.count, objects.count / types, 4)
  add('objects', 'objects_dominated', objects.count, objects.count / dominators, 4)
  add('edges', 'edges', edges.count, edges.count / sources, 1)
  add('edges', 'edges_to', edges.count, edges.count / targets)
  add('root_edges', 'root_edges_of', rootEdges.count, rootEdges.count / rootSources, 1)
  add('root_edges', 'root_edges_to', rootEdges.count, rootEdges.count / rootTargets)
  return statistics
}

/** Writes sqlite_stat1, which SQLite's planner reads. */
export function writeStatistics(database: Database.Database, statistics: readonly Statistic[]): void {
  // Makes sqlite_stat1 by looking at a table that has next to no rows.
  database.exec('ANALYZE metadata')
  const insert = database.prepare('INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)')
  for (const { table, index, stat } of statistics) insert.run(table, index, stat)
}

/** How many different values, each between -add and limit - add, there are. */
function countDistinct(values: Int32Array | Uint32Array, limit: number, add: number): number {
  const seen = new Uint8Array(limit)
  let count = 0
  for (let i = 0; i < values.length; i++) {
    const place = values[i] + add
    if (seen[place] === 1) continue
    seen[place] = 1
    count++
  }
  return count
}

function countSources(first: Uint32Array): number {
  let count = 0
  for (let i = 1; i < first.length; i++) if (first[i] > first[i - 1]) count++
  return count
}
