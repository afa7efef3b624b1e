import type { AnalysedHeap } from '../../model/heap-graph.ts'
import type { Problem } from '../../model/problem.ts'
import type { Mapping, Module } from '../../model/tables.ts'
import type { Value } from '../columns.ts'
import type { TypeTotals } from '../totals.ts'
import type { TableRows } from '../write-table.ts'

/** What is known of the dump, and the totals that every summary shows. */
export function collectMetadata(
  { heap, analysis }: AnalysedHeap,
  totals: TypeTotals,
  run: { version: string; indexedAt: Date },
): Map<string, string | number> {
  const metadata = new Map(heap.metadata)
  metadata.set('goheap_version', run.version)
  metadata.set('indexed_at', run.indexedAt.toISOString())
  metadata.set('heap_objects', heap.objects.count)
  metadata.set('heap_bytes', sum(totals.bytes))
  metadata.set('reachable_objects', analysis.reachableObjects)
  metadata.set('reachable_bytes', analysis.reachableBytes)
  metadata.set('typed_objects', heap.objects.count - totals.objects[0])
  metadata.set('typed_bytes', sum(totals.bytes) - totals.bytes[0])
  metadata.set('typed_reachable_objects', analysis.reachableObjects - totals.reachableObjects[0])
  metadata.set('typed_reachable_bytes', analysis.reachableBytes - totals.reachableBytes[0])
  return metadata
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0)
}

export function metadataTable(metadata: ReadonlyMap<string, string | number>): TableRows {
  const rows = [...metadata].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    name: 'metadata',
    rowCount: rows.length,
    columns: [
      { name: 'key', at: (row) => rows[row][0] },
      { name: 'value', at: (row) => keepInteger(rows[row][1]) },
    ],
  }
}

/** An ANY column takes a JavaScript number as REAL; a BigInt is an INTEGER anywhere. */
function keepInteger(value: string | number): Value {
  return Number.isSafeInteger(value) ? BigInt(value) : value
}

export function moduleTable(modules: readonly Module[]): TableRows {
  return {
    name: 'modules',
    rowCount: modules.length,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'path', at: (row) => modules[row].path },
      { name: 'version', at: (row) => modules[row].version ?? null },
      { name: 'sum', at: (row) => modules[row].sum ?? null },
      { name: 'replaces', at: (row) => modules[row].replaces ?? null },
    ],
  }
}

export function mappingTable(mappings: readonly Mapping[]): TableRows {
  return {
    name: 'mappings',
    rowCount: mappings.length,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'address', at: (row) => mappings[row].address },
      { name: 'size', at: (row) => mappings[row].size },
      { name: 'source', at: (row) => mappings[row].source },
      { name: 'permissions', at: (row) => mappings[row].permissions },
      { name: 'file', at: (row) => mappings[row].file ?? null },
    ],
  }
}

export function problemTable(problems: readonly Problem[]): TableRows {
  return {
    name: 'problems',
    rowCount: problems.length,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'stage', at: (row) => problems[row].stage },
      { name: 'code', at: (row) => problems[row].code },
      { name: 'severity', at: (row) => problems[row].severity },
      { name: 'address', at: (row) => problems[row].address ?? null },
      { name: 'count', at: (row) => problems[row].count },
      { name: 'message', at: (row) => problems[row].message },
    ],
  }
}
