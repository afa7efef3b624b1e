import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { type AccountRow, OBJECTS_KEY } from '../../model/memory-account.ts'
import { losesPointers, type Problem } from '../../model/problem.ts'
import type { WasteTables } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import type { TableRows } from '../write-table.ts'

/** The tree of sizes, with what objects are made up of: this needs their types and reachability. */
export function accountTable(
  analysed: AnalysedHeap,
  unused: WasteTables['unused'],
  problems: Problem[],
): TableRows {
  const rows = orderRows([...analysed.heap.memory, ...accountObjects(analysed, unused, problems)])
  const ids = new Map(rows.map(({ key }, row) => [key, row + 1]))
  return {
    name: 'memory_account',
    rowCount: rows.length,
    firstId: 1,
    columns: [
      { name: 'parent_id', at: (row) => ids.get(rows[row].parent ?? '') ?? null },
      { name: 'key', at: (row) => rows[row].key },
      { name: 'name', at: (row) => rows[row].name },
      { name: 'bytes', at: (row) => rows[row].bytes ?? null },
      { name: 'note', at: (row) => rows[row].note },
    ],
  }
}

interface ObjectSums {
  used: number
  unused: number
  unsettled: number
  headers: number
  padding: number
  unknown: number
}

type Part = readonly [keyof ObjectSums, string, string]

const VALUE_PARTS: readonly Part[] = [
  ['used', 'in use', 'Fields, elements that slices show, taken slots of maps and channels.'],
  ['unused', 'spare', 'Elements behind the longest slice, empty slots of maps, free slots of channels.'],
  ['unsettled', 'in use or spare', 'Values of which it is not known who sees how much of them.'],
]

const PARTS: readonly Part[] = [
  ['headers', 'malloc headers', 'Before objects that have one, of known type or not.'],
  ['padding', 'padding', 'Between the end of the value and the end of its slot.'],
  ['unknown', 'type not known', 'Values and padding of objects whose type is not known.'],
]

function accountObjects(
  analysed: AnalysedHeap,
  unused: WasteTables['unused'],
  problems: Problem[],
): AccountRow[] {
  const [garbage, reachable, unreached] = sumObjects(analysed, unused, problems)
  const parent = analysed.heap.memory.find(({ key }) => key === OBJECTS_KEY)
  if (parent?.bytes === undefined) return []
  return [
    ...objectRows('reachable', reachable, 'A root reaches them.'),
    ...objectRows('garbage', garbage, 'No root reaches them; not freed yet.'),
    ...(losesPointers(analysed.heap.problems)
      ? objectRows('unreached', unreached, 'Garbage, or held by what was lost: that is not known.')
      : []),
  ]
}

function objectRows(name: string, sums: ObjectSums, note: string): AccountRow[] {
  const key = `${OBJECTS_KEY}.${name}`
  const values = sums.used + sums.unused + sums.unsettled
  const bytes = values + sums.headers + sums.padding + sums.unknown
  const partsOf = (parent: string, parts: readonly Part[]) =>
    parts.map(([part, partName, partNote]) => ({
      key: `${parent}.${part}`,
      parent,
      name: partName,
      bytes: sums[part],
      note: partNote,
    }))
  const valuesKey = `${key}.values`
  return [
    { key, parent: OBJECTS_KEY, name, bytes, note },
    { key: valuesKey, parent: key, name: 'values', bytes: values, note: 'Length times size of the type.' },
    ...partsOf(valuesKey, VALUE_PARTS),
    ...partsOf(key, PARTS),
  ]
}

/** [garbage, reachable, either]: the last where pointers were lost, and the collector has not found so itself. */
function sumObjects(
  { heap, analysis }: AnalysedHeap,
  unused: WasteTables['unused'],
  problems: Problem[],
): ObjectSums[] {
  const isIncomplete = losesPointers(heap.problems)
  const { objects, spans, graph, types } = heap
  const sums: ObjectSums[] = Array.from({ length: 3 }, () => ({
    used: 0,
    unused: 0,
    unsettled: 0,
    headers: 0,
    padding: 0,
    unknown: 0,
  }))
  const typeSize = Float64Array.from(types.rows, ({ size }) => size)
  let overflows = 0
  let firstOverflow: number | undefined
  for (let i = 0; i < objects.count; i++) {
    const isUnknown = isIncomplete && analysis.reachable[i] === 0 && objects.unswept[i] === 0
    const sum = sums[isUnknown ? 2 : analysis.reachable[i]]
    const header = spans.headerSize[objects.span[i]]
    const room = graph.size[i] - header
    const type = objects.type[i]
    const value = type === NONE ? 0 : objects.length[i] * typeSize[type]
    sum.headers += header
    if (type === NONE || value > room) {
      sum.unknown += room
      if (type === NONE) continue
      overflows++
      firstOverflow ??= objects.address[i]
    } else {
      if (unused[i] < 0) sum.unsettled += value
      else {
        sum.used += value - unused[i]
        sum.unused += unused[i]
      }
      sum.padding += room - value
    }
  }
  if (overflows > 0) {
    problems.push({
      stage: 'typing',
      code: 'value-exceeds-slot',
      severity: 'warning',
      address: firstOverflow,
      count: overflows,
      message: 'a value is larger than its slot; the object counts as of unknown type where sizes are summed',
    })
  }
  return sums
}

/** Depth first, siblings in the order given. */
function orderRows(rows: readonly AccountRow[]): AccountRow[] {
  const children = Map.groupBy(rows, ({ parent }) => parent)
  const ordered: AccountRow[] = []
  const visit = (parent: string | undefined) => {
    for (const row of children.get(parent) ?? []) {
      ordered.push(row)
      visit(row.key)
    }
  }
  visit(undefined)
  return ordered
}
