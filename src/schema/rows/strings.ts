import type { StringTable } from '../../model/tables.ts'
import type { Column } from '../columns.ts'
import type { DuplicateStrings } from '../string-totals.ts'
import type { TableRows } from '../write-table.ts'

export function stringTable({ count, object, offset, length, hash, value }: StringTable): TableRows {
  const columns: Column[] = [
    { name: 'object_id', numbers: object, add: 1 },
    { name: 'offset', numbers: offset },
    { name: 'length', numbers: length },
    { name: 'hash', wide: hash },
  ]
  // What is left out is NULL.
  if (value !== undefined) columns.push({ name: 'value', at: (row) => value(row) ?? null })
  return { name: 'strings', rowCount: count, columns }
}

export function duplicateStringTable(strings: StringTable, duplicates: DuplicateStrings): TableRows {
  const { row: rows } = duplicates
  return {
    name: 'duplicate_strings',
    rowCount: duplicates.count,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'object_id', at: (row) => strings.object[rows[row]] + 1 },
      { name: 'offset', at: (row) => strings.offset[rows[row]] },
      { name: 'length', at: (row) => strings.length[rows[row]] },
      { name: 'copies', numbers: duplicates.copies },
      { name: 'wasted_bytes', numbers: duplicates.wastedBytes },
    ],
  }
}
