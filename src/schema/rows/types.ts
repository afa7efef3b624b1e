import type { Problem } from '../../model/problem.ts'
import { type Module, TYPE_SOURCES } from '../../model/tables.ts'
import { type GoType, NONE } from '../../model/types.ts'
import type { PaddingTotals } from '../padding.ts'
import { moduleNamer, packageOfType } from '../rollups/packages.ts'
import type { TableRows } from '../write-table.ts'

/** types, fields and type_sources. */
export function typeTables(
  types: readonly GoType[],
  modules: readonly Module[],
  problems: Problem[],
): TableRows[] {
  const nameModule = moduleNamer(modules)
  const names = uniqueNames(types, problems)
  const column = (name: string, get: (type: GoType) => number | string | undefined) => ({
    name,
    at: (row: number) => get(types[row]) ?? null,
  })
  return [
    {
      name: 'types',
      rowCount: types.length,
      columns: [
        { name: 'id', at: (row) => row + 1 },
        { name: 'name', texts: names },
        column('package', (type) => type.package),
        column('owner', packageOfType),
        column('module', nameModule),
        column('kind', (type) => type.kind),
        column('size', (type) => type.size),
        column('pointer_bytes', (type) => type.pointerBytes),
        column('element_id', (type) => typeId(type.element)),
        column('key_id', (type) => typeId(type.key)),
        column('length', (type) => type.length),
        column('runtime_address', (type) => type.runtimeAddress),
      ],
    },
    fieldTable(types),
    typeSourceTable(),
  ]
}

/** type_padding and field_orders. */
export function paddingTables(padded: readonly PaddingTotals[]): TableRows[] {
  const column = (name: string, get: (padding: PaddingTotals) => number) => ({
    name,
    at: (row: number) => get(padded[row]),
  })
  const better = padded.flatMap(({ type, betterOrder }) =>
    betterOrder === undefined ? [] : [{ type, fields: betterOrder.join(', ') }],
  )
  return [
    {
      name: 'type_padding',
      rowCount: padded.length,
      columns: [
        column('type_id', ({ type }) => type + 1),
        column('gap_bytes', ({ gaps }) => gaps),
        column('tail_bytes', ({ tail }) => tail),
        column('best_size', ({ bestSize }) => bestSize),
        column('live_values', ({ values }) => values),
        column('padding_bytes', ({ paddingBytes }) => paddingBytes),
        column('saved_bytes', ({ savedBytes }) => savedBytes),
      ],
    },
    {
      name: 'field_orders',
      rowCount: better.length,
      columns: [
        { name: 'type_id', at: (row) => better[row].type + 1 },
        { name: 'fields', at: (row) => better[row].fields },
      ],
    },
  ]
}

/** TypeIndex to id; undefined for NONE. */
function typeId(index: number): number | undefined {
  return index === NONE ? undefined : index + 1
}

function fieldTable(types: readonly GoType[]): TableRows {
  const fields = types.flatMap((type, index) =>
    type.fields.map((field, position) => ({ ...field, owner: index + 1, position })),
  )
  return {
    name: 'fields',
    rowCount: fields.length,
    columns: [
      { name: 'type_id', at: (row) => fields[row].owner },
      { name: 'position', at: (row) => fields[row].position },
      { name: 'name', at: (row) => fields[row].name },
      { name: 'offset', at: (row) => fields[row].offset },
      { name: 'field_type_id', at: (row) => fields[row].type + 1 },
      { name: 'embedded', at: (row) => Number(fields[row].isEmbedded) },
    ],
  }
}

/** 'unknown', place 0, has no row: it is NULL in objects. */
function typeSourceTable(): TableRows {
  return {
    name: 'type_sources',
    rowCount: TYPE_SOURCES.length - 1,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'name', at: (row) => TYPE_SOURCES[row + 1] },
    ],
  }
}

/**
 * Names with ` (2)`, ` (3)` ... added where a type's name is already taken, which is a problem row: the tables before
 * this one name types uniquely, and a heap is worth more than a failure at the last stage.
 */
function uniqueNames(types: readonly GoType[], problems: Problem[]): string[] {
  const taken = new Set<string>()
  let repeated: string | undefined
  let count = 0
  const names = types.map(({ name }) => {
    let unique = name
    for (let n = 2; taken.has(unique); n++) unique = `${name} (${n})`
    taken.add(unique)
    if (unique !== name) {
      count++
      repeated ??= name
    }
    return unique
  })
  if (repeated !== undefined) {
    problems.push({
      stage: 'write',
      code: 'type-name-repeated',
      severity: 'warning',
      address: undefined,
      count,
      message: `several types are called ${repeated}; all but the first have a number added`,
    })
  }
  return names
}
