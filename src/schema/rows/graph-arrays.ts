import { NONE } from '../../model/types.ts'
import { type GraphArrays, PART_BYTES, type ShapeTable } from '../graph-arrays.ts'
import type { TableRows } from '../write-table.ts'

export function shapeTable(shapes: ShapeTable): TableRows {
  return {
    name: 'object_shapes',
    rowCount: shapes.count,
    firstId: 1,
    columns: [
      { name: 'type_id', numbers: shapes.type, add: 1, absent: NONE },
      { name: 'size', numbers: shapes.size },
      { name: 'is_several', numbers: shapes.isSeveral },
      { name: 'objects', numbers: shapes.objects },
    ],
  }
}

export function graphArrayTable(arrays: GraphArrays): TableRows {
  const parts = Object.entries(arrays).flatMap(([name, array]) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    const count = Math.ceil(bytes.length / PART_BYTES)
    return Array.from({ length: count }, (_, part) => ({
      ...{ name, part },
      data: bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES),
    }))
  })
  return {
    name: 'graph_arrays',
    rowCount: parts.length,
    columns: [
      { name: 'name', at: (row) => parts[row].name },
      { name: 'part', at: (row) => parts[row].part },
      { name: 'data', at: (row) => parts[row].data },
    ],
  }
}
