import { countUp, sortRows } from '../../base/radix-sort.ts'
import type { ExtractedHeap } from '../../model/heap-graph.ts'
import type { PinnedTable } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import type { PinnedTotal } from '../pinned.ts'
import { type DuplicateArrays, WASTE_KINDS, type WasteTotal } from '../waste.ts'
import type { TableRows } from '../write-table.ts'

/** waste_kinds and waste_totals. */
export function wasteTables(totals: readonly WasteTotal[]): TableRows[] {
  const column = (name: string, get: (total: WasteTotal) => number | string | null) => ({
    name,
    at: (row: number) => get(totals[row]),
  })
  return [
    {
      name: 'waste_kinds',
      rowCount: WASTE_KINDS.length,
      columns: [
        { name: 'id', at: (row) => row + 1 },
        { name: 'kind', at: (row) => WASTE_KINDS[row].kind },
        { name: 'note', at: (row) => WASTE_KINDS[row].note },
        { name: 'query', at: (row) => WASTE_KINDS[row].query },
      ],
    },
    {
      name: 'waste_totals',
      rowCount: totals.length,
      columns: [
        { name: 'id', at: (row) => row + 1 },
        column('kind', ({ kind }) => kind),
        column('type_id', ({ type }) => typeId(type)),
        column('objects', ({ objects }) => objects),
        column('bytes', ({ bytes }) => bytes),
        column('unknown_objects', ({ unknownObjects }) => unknownObjects),
        column('unknown_bytes', ({ unknownBytes }) => unknownBytes),
      ],
    },
  ]
}

export function pinnedTable({ count, object, offset, size, saved }: PinnedTable): TableRows {
  return {
    name: 'pinned_arrays',
    rowCount: count,
    columns: [
      { name: 'object_id', numbers: object, add: 1 },
      { name: 'shown_offset', numbers: offset },
      { name: 'shown_size', numbers: size },
      { name: 'saved_size', numbers: saved },
    ],
  }
}

export function pinnedTotalTable(totals: readonly PinnedTotal[]): TableRows {
  return {
    name: 'pinned_totals',
    rowCount: totals.length,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'holder_type_id', at: (row) => typeId(totals[row].holderType) },
      { name: 'arrays', at: (row) => totals[row].arrays },
      { name: 'size', at: (row) => totals[row].size },
      { name: 'shown_size', at: (row) => totals[row].shownSize },
      { name: 'saved_size', at: (row) => totals[row].savedSize },
      { name: 'example_id', at: (row) => totals[row].example + 1 },
    ],
  }
}

const typeId = (type: number) => (type === NONE ? null : type + 1)

/** duplicate_arrays and array_copies. */
export function duplicateArrayTables(
  { waste: { duplicateArrays } }: ExtractedHeap,
  rows: readonly DuplicateArrays[],
): TableRows[] {
  const { object } = duplicateArrays
  const copies = new Uint32Array(duplicateArrays.count)
  for (const [place, row] of rows.entries()) copies.fill(place + 1, row.first, row.first + row.copies)
  const byObject = sortRows(countUp(object.length), object)
  return [
    {
      name: 'duplicate_arrays',
      rowCount: rows.length,
      columns: [
        { name: 'id', at: (row) => row + 1 },
        { name: 'object_id', at: (row) => object[rows[row].first] + 1 },
        { name: 'type_id', at: (row) => rows[row].type + 1 },
        { name: 'length', at: (row) => rows[row].length },
        { name: 'copies', at: (row) => rows[row].copies },
        { name: 'wasted_bytes', at: (row) => rows[row].wastedBytes },
      ],
    },
    {
      name: 'array_copies',
      rowCount: duplicateArrays.count,
      columns: [
        { name: 'object_id', numbers: byObject.map((row) => object[row]), add: 1 },
        { name: 'duplicate_id', numbers: byObject.map((row) => copies[row]) },
      ],
    },
  ]
}
