import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { GoheapError } from '../../errors.ts'
import type { GoArch } from '../file/core.ts'
import type { ArrayLayout, FieldLayout, Layouts, StructLayout } from './layouts.ts'

/**
 * What the DWARF of a Go release says, for binaries that carry none: one file a minor version, made by
 * scripts/generate-layouts.ts. The parts beside `amd64` hold only what differs from it.
 */
export interface LayoutTable {
  /** The release that it was made from: `go1.26.8`. */
  go: string
  /** All names that the readers ask for. One without an entry below does not exist in this release. */
  covers: readonly string[]
  /** Names of fields that no reader asks for: paths with one of them are left out. */
  omits: readonly string[]
  /** The variables among `covers` that this release has. */
  variables: readonly string[]
  /** Names of types; fields refer to them by index. */
  types: readonly string[]
  amd64: LayoutPart
  arm64: LayoutPart
  /** By `<arch> <experiment>`, as in `amd64 nogreenteagc`. Experiments that change nothing have no entry. */
  experiments: Readonly<Record<string, LayoutPart>>
  /** Experiments that change much and that nobody uses outside of the Go project: without layouts. */
  unreadable: readonly string[]
}

export interface LayoutPart {
  /**
   * `size path,offset,size,type ...`: every field, those of nested structs by their path. null: not in this part,
   * although `amd64` has it.
   */
  structs: Readonly<Record<string, string | null>>
  /** `length stride`. */
  arrays: Readonly<Record<string, string | null>>
  constants: Readonly<Record<string, number | null>>
  /** What the code of some functions refers to: see find-variables.ts. By the name of the function. */
  references: Readonly<Record<string, string>>
}

/** Where to look things up in a program without DWARF. */
export interface TableSource {
  table: LayoutTable
  arch: GoArch
  experiments: readonly string[]
  /** Run-time addresses by name; what is not there is not known. */
  variables: ReadonlyMap<string, number>
}

/** Constants that the readers put the names of together: the tables have all of them. */
export const CONSTANT_FAMILIES = /^runtime\._(?:G[a-z]|KindSpecial[A-Z])/

/** layouts/ of the source tree and of the published package: both lie three folders above this file. */
const FOLDER = fileURLToPath(new URL('../../../layouts/', import.meta.url))

export const tablePath = (minor: number, folder = FOLDER) => `${folder}go1.${minor}.json`

/** The shipped table of Go 1.<minor>; undefined when there is none. */
export function readLayoutTable(minor: number): LayoutTable | undefined {
  const path = tablePath(minor)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as LayoutTable) : undefined
}

/** Layouts as a shipped table has them. A name that the table does not cover is a defect of the table, and throws. */
export function tableLayouts({ table, arch, experiments, variables }: TableSource): Layouts {
  const parts = partsOf(table, arch, experiments)
  const covered = new Set(table.covers)
  const omitted = new Set(table.omits)
  const structs = new Map<string, StructLayout | undefined>()
  const lookUp = <T>(name: string, of: (part: LayoutPart) => T | null | undefined): T | undefined => {
    if (!covered.has(name) && !CONSTANT_FAMILIES.test(name)) {
      throw new Error(`the layout table of ${table.go} does not cover ${name}: generate the tables anew`)
    }
    const value = parts.map(of).find((found) => found !== undefined)
    return value ?? undefined
  }
  const find = (name: string): StructLayout | undefined => {
    if (!structs.has(name)) {
      const text = lookUp(name, (part) => part.structs[name])
      structs.set(name, text === undefined ? undefined : parseStruct(name, text, { table, omitted }))
    }
    return structs.get(name)
  }
  return {
    struct: (name) => {
      const layout = find(name)
      if (layout === undefined) throw new GoheapError('unsupported', `${table.go} has no struct ${name}`)
      return layout
    },
    hasStruct: (name) => find(name) !== undefined,
    array: (name) => parseArray(lookUp(name, (part) => part.arrays[name])),
    constant: (name) => lookUp(name, (part) => part.constants[name]),
    variable: (name) => {
      const address = variables.get(name)
      if (address === undefined) lookUp(name, () => undefined)
      return address
    },
  }
}

function parseArray(text: string | undefined): ArrayLayout | undefined {
  const [length, stride] = text?.split(' ').map(Number) ?? []
  return text === undefined ? undefined : { length, stride }
}

/** The parts that hold for a program, the most special first. Throws 'unsupported' for experiments that change the same. */
export function partsOf(table: LayoutTable, arch: GoArch, experiments: readonly string[]): LayoutPart[] {
  const unreadable = experiments.find((name) => table.unreadable.includes(name))
  if (unreadable !== undefined) {
    throw new GoheapError(
      'unsupported',
      `no layouts are known of ${table.go} with GOEXPERIMENT=${unreadable}`,
    )
  }
  const names = experiments.filter((name) => table.experiments[`${arch} ${name}`] !== undefined)
  const special = names.map((name) => table.experiments[`${arch} ${name}`])
  const structs = special.map((part) => Object.keys(part.structs))
  // Each was generated alone: what both do to a structure is in neither.
  for (const [i, own] of structs.entries()) {
    const other = structs.findIndex((list, k) => k > i && list.some((name) => own.includes(name)))
    if (other < 0) continue
    const both = `GOEXPERIMENT=${names[i]},${names[other]}`
    throw new GoheapError('unsupported', `no layouts are known of ${table.go} with ${both} together`)
  }
  return [...special, ...(arch === 'amd64' ? [] : [table[arch]]), table.amd64]
}

function parseStruct(
  name: string,
  text: string,
  { table: { go, types }, omitted }: { table: LayoutTable; omitted: ReadonlySet<string> },
): StructLayout {
  const [size, ...rows] = text.split(' ')
  const fields = new Map(
    rows.map((row): [string, FieldLayout] => {
      const [path, offset, bytes, type] = row.split(',')
      return [path, { offset: Number(offset), size: Number(bytes), type: types[Number(type)] }]
    }),
  )
  const find = (path: string): FieldLayout | undefined => {
    const layout = fields.get(path)
    if (layout === undefined && path.split('.').some((part) => omitted.has(part))) {
      throw new Error(`the layout table of ${go} does not cover ${path} of ${name}: generate the tables anew`)
    }
    return layout
  }
  const field = (path: string): FieldLayout => {
    const layout = find(path)
    if (layout === undefined) throw new GoheapError('unsupported', `${name} of ${go} has no field ${path}`)
    return layout
  }
  return {
    name,
    size: Number(size),
    has: (path) => find(path) !== undefined,
    field,
    offset: (path) => field(path).offset,
  }
}
