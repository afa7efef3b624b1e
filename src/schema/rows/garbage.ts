import type { GarbageTotals } from '../garbage.ts'
import type { TableRows } from '../write-table.ts'

export function garbageTable(totals: GarbageTotals): TableRows {
  const places = [...totals.objects.keys()].filter((place) => totals.objects[place] > 0)
  const total = (name: string, sums: Float64Array) => ({ name, at: (row: number) => sums[places[row]] })
  return {
    name: 'garbage_totals',
    rowCount: places.length,
    columns: [
      { name: 'id', numbers: places },
      { name: 'type_id', numbers: places, absent: 0 },
      total('objects', totals.objects),
      total('bytes', totals.bytes),
      total('unswept_objects', totals.unsweptObjects),
      total('unswept_bytes', totals.unsweptBytes),
    ],
  }
}
