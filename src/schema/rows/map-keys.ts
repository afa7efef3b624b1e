import type { MapKeyTable } from '../../model/tables.ts'
import type { TableRows } from '../write-table.ts'

export function mapKeyTable({ count, object, offset, valueOffset, valueType, key }: MapKeyTable): TableRows {
  return {
    name: 'map_keys',
    rowCount: count,
    columns: [
      { name: 'object_id', numbers: object, add: 1 },
      { name: 'offset', numbers: offset },
      { name: 'value_offset', numbers: valueOffset },
      { name: 'value_type_id', numbers: valueType, add: 1 },
      { name: 'key', at: (row) => key(row) ?? null },
    ],
  }
}
