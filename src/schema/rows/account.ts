import type { AnalysedHeap } from '../../model/heap-graph.ts'
import { type AccountRow, OBJECTS_KEY } from '../../model/memory-account.ts'
import type { Problem } from '../../model/problem.ts'
import { NONE } from '../../model/types.ts'
import type { TableRows } from '../write-table.ts'

/** The tree of sizes, with what objects are made up of: this needs their types and reachability. */
export function accountTable(analysed: AnalysedHeap, problems: Problem[]): TableRows {
  const rows = orderRows([...analysed.heap.memory, ...accountObjects(analysed, problems)])
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
  values: number
  headers: number
  padding: number
  unknown: number
}

const PARTS: readonly [keyof ObjectSums, string, string][] = [
  ['values', 'values', 'Length times size of the type; unused elements of arrays included.'],
  ['headers', 'malloc headers', 'Before objects that have one, of known type or not.'],
  ['padding', 'padding', 'Between the end of the value and the end of its slot.'],
  ['unknown', 'type not known', 'Values and padding of objects whose type is not known.'],
]

function accountObjects(analysed: AnalysedHeap, problems: Problem[]): AccountRow[] {
  const [garbage, reachable] = sumObjects(analysed, problems)
  const parent = analysed.heap.memory.find(({ key }) => key === OBJECTS_KEY)
  if (parent?.bytes === undefined) return []
  return [
    ...objectRows('reachable', reachable, 'A root reaches them.'),
    ...objectRows('garbage', garbage, 'No root reaches them; not freed yet.'),
  ]
}

function objectRows(name: string, sums: ObjectSums, note: string): AccountRow[] {
  const key = `${OBJECTS_KEY}.${name}`
  const bytes = sums.values + sums.headers + sums.padding + sums.unknown
  const parts = PARTS.map(([part, partName, partNote]) => ({
    key: `${key}.${part}`,
    parent: key,
    name: partName,
    bytes: sums[part],
    note: partNote,
  }))
  return [{ key, parent: OBJECTS_KEY, name, bytes, note }, ...parts]
}

/** [garbage, reachable] */
function sumObjects({ heap, analysis }: AnalysedHeap, problems: Problem[]): [ObjectSums, ObjectSums] {
  const { objects, spans, graph, types } = heap
  const sums: [ObjectSums, ObjectSums] = [
    { values: 0, headers: 0, padding: 0, unknown: 0 },
    { values: 0, headers: 0, padding: 0, unknown: 0 },
  ]
  const typeSize = Float64Array.from(types.rows, ({ size }) => size)
  let overflows = 0
  let firstOverflow: number | undefined
  for (let i = 0; i < objects.count; i++) {
    const sum = sums[analysis.reachable[i]]
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
      sum.values += value
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
