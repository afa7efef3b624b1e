import type { StringTable } from '../../model/tables.ts'
import type { Column } from '../columns.ts'
import type { TableRows } from '../write-table.ts'

export function stringTable({ count, object, offset, length, hash, value }: StringTable): TableRows {
  const columns: Column[] = [
    { name: 'object_id', numbers: object, add: 1 },
    { name: 'offset', numbers: offset },
    { name: 'length', numbers: length },
    { name: 'hash', at: (row) => hash[row] },
  ]
  // What is left out is NULL.
  if (value !== undefined) columns.push({ name: 'value', at: (row) => value(row) ?? null })
  return { name: 'strings', rowCount: count, columns }
}
