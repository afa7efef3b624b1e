import type { Dwarf, DwarfTypeIndex } from '../../src/extract/dwarf/dwarf.ts'
import { openDwarf } from '../../src/extract/dwarf/open.ts'
import { placeBinary, planMemory } from '../../src/extract/file/address-space.ts'
import type { GoArch } from '../../src/extract/file/core.ts'
import { type Elf, openElf } from '../../src/extract/file/elf.ts'
import { openMemory } from '../../src/extract/file/memory.ts'
import { dwarfLayouts } from '../../src/extract/go/dwarf-layouts.ts'
import {
  ANONYMOUS,
  dataRanges,
  formatReferences,
  functionsByName,
  matchReferences,
  type ProgramCode,
  parseReferences,
  type Reference,
  readReferences,
} from '../../src/extract/go/find-variables.ts'
import { CONSTANT_FAMILIES, type LayoutPart } from '../../src/extract/go/layout-table.ts'
import type { Layouts, StructLayout } from '../../src/extract/go/layouts.ts'
import { readModules } from '../../src/extract/go/moduledata.ts'
import { openPclntab } from '../../src/extract/go/pclntab.ts'
import { Problems } from '../../src/model/problem.ts'
import type { TypePool } from './difference.ts'

/** Structs within structs. */
const MAX_DEPTH = 6
/** Functions that are kept for each variable. */
const WITNESSES = 6
/** A function with more references than these changes from one release to the next. */
const MAX_REFERENCES = 40

/** What a table has from all of its builds. */
export interface Vocabulary {
  /** Names that the readers ask for. */
  covers: readonly string[]
  /** Words that a field has to be named by to be asked for. */
  words: ReadonlySet<string>
  /** Names of fields that are left out: is added to. */
  omits: Set<string>
  /** Is added to. */
  types: TypePool
}

/** What the tables keep of a build, and the variables that it has: `binaries` are of the same build and differ in their main package. */
export function describeBuild(
  binaries: readonly string[],
  arch: GoArch,
  vocabulary: Vocabulary,
): { part: LayoutPart; variables: string[] } {
  const { covers } = vocabulary
  const opened = binaries.map((path) => openProgram(path, arch))
  try {
    const [{ dwarf, layouts }] = opened
    const structs: Record<string, string> = {}
    const arrays: Record<string, string> = {}
    const constants: Record<string, number> = {}
    for (const name of covers) {
      if (layouts.hasStruct(name)) structs[name] = describeStruct(dwarf, layouts.struct(name), vocabulary)
      const array = layouts.array(name)
      if (array !== undefined) arrays[name] = `${array.length} ${array.stride}`
    }
    const isCovered = (name: string) => covers.includes(name) || CONSTANT_FAMILIES.test(name)
    for (const name of [...dwarf.constants.keys()].filter(isCovered).sort()) {
      const value = layouts.constant(name)
      if (value !== undefined) constants[name] = value
    }
    const variables = covers.filter((name) => layouts.variable(name) !== undefined)
    const references = describeReferences(opened, new Set(variables))
    return { part: { structs, arrays, constants, references }, variables }
  } finally {
    for (const { close } of opened) close()
  }
}

interface Program {
  elf: Elf
  dwarf: Dwarf
  layouts: Layouts
  code: ProgramCode
  close(): void
}

function openProgram(path: string, arch: GoArch): Program {
  const elf = openElf(path)
  const dwarf = openDwarf(elf)
  const layouts = dwarfLayouts(dwarf, 0)
  const pieces = placeBinary(elf, 0)
    .flat()
    .sort((a, b) => a.address - b.address)
  const memory = openMemory(planMemory(pieces, []))
  const modules = readModules(memory, layouts, new Problems())
  const pclntab = openPclntab(memory, modules, arch === 'arm64' ? 4 : 1)
  const close = () => {
    memory.close()
    elf.close()
  }
  return { elf, dwarf, layouts, code: { arch, memory, pclntab, data: dataRanges(modules[0]) }, close }
}

/** The format of LayoutPart.structs. */
function describeStruct(dwarf: Dwarf, layout: StructLayout, { words, omits, types }: Vocabulary): string {
  const index = dwarf.typesByName.get(layout.name)
  const paths = index === undefined ? [] : listPaths(dwarf, index, '', 0)
  const rows = [...new Set(paths)].flatMap((path) => {
    const unasked = path.split('.').filter((part) => !words.has(part))
    for (const part of unasked) omits.add(part)
    if (unasked.length > 0) return []
    const { offset, size, type } = layout.field(path)
    return [`${path},${offset},${size},${types.indexOf(type)}`]
  })
  return [layout.size, ...rows].join(' ')
}

function listPaths(dwarf: Dwarf, type: DwarfTypeIndex, prefix: string, depth: number): string[] {
  const struct = throughTypedefs(dwarf, type)
  if (struct?.kind !== 'struct' || depth > MAX_DEPTH) return []
  // The readers see an atomic as its value. dwarf-layouts.ts, ATOMIC_PACKAGES
  if (/^(internal\/runtime|runtime\/internal)\/atomic\./.test(struct.name)) return []
  return struct.members.flatMap(({ name, type: inner, isEmbedded }) => {
    if (name === '_' || name === '' || /[ ,]/.test(name)) return []
    const promoted = isEmbedded ? listPaths(dwarf, inner, prefix, depth + 1) : []
    return [`${prefix}${name}`, ...listPaths(dwarf, inner, `${prefix}${name}.`, depth + 1), ...promoted]
  })
}

function throughTypedefs(dwarf: Dwarf, index: DwarfTypeIndex) {
  let type = dwarf.types[index]
  while (type?.kind === 'typedef') type = dwarf.types[type.type]
  return type
}

/** For each variable, some functions of the runtime that refer to it in the same way in all of `programs`. */
function describeReferences(
  programs: readonly Program[],
  variables: ReadonlySet<string>,
): Record<string, string> {
  const found = programs.map((program) => referencesByFunction(program, variables))
  // Bytes that only look like a reference are in one program's function and not in another's: so the shortest counts.
  const candidates = [...found[0].keys()]
    .map((name) => ({
      name,
      all: found.map((functions) => functions.get(name)).filter((fn) => fn !== undefined),
    }))
    .filter(({ all }) => all.length === found.length)
    .map(({ name, all }) => ({
      name,
      all,
      ...all.toSorted((a, b) => a.targets.length - b.targets.length)[0],
    }))
    .filter(({ text, all }) =>
      all.every(({ targets }) => matchReferences(parseReferences(text), targets).size > 0),
    )
    .map(({ name, text, named, targets }) => ({ name, text, named, length: targets.length }))
    .filter(({ named, length }) => named.size > 0 && length <= MAX_REFERENCES)
    // Agreeing in a few references is not chance any more; each further one can change with a release.
    .sort((a, b) => Math.abs(a.length - 3) - Math.abs(b.length - 3) || (a.name < b.name ? -1 : 1))
  const chosen = new Map<string, string>()
  for (const variable of [...variables].sort()) {
    const witnesses = candidates.filter(({ named }) => named.has(variable))
    if (witnesses.length < 2) console.error(`  ${variable}: ${witnesses.length} functions refer to it`)
    for (const { name, text } of witnesses.slice(0, WITNESSES)) chosen.set(name, text)
  }
  return Object.fromEntries([...chosen].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function referencesByFunction({ elf, code }: Program, variables: ReadonlySet<string>) {
  const symbols = elf.symbols().filter(({ size }) => size > 0)
  const found = new Map<string, { text: string; named: Set<string>; targets: number[] }>()
  const runtime = { has: (name: string) => name.startsWith('runtime.') }
  for (const [name, fn] of functionsByName(code.pclntab, runtime)) {
    if (fn === undefined) continue
    const targets = readReferences(code, fn)
    if (targets.length === 0) continue
    const anonymous = new Map<number, string>()
    const named = new Set<string>()
    const references = targets.map((target): Reference => {
      const symbol = symbols.findLast(({ address, size }) => address <= target && target < address + size)
      const start = symbol?.address ?? target
      if (symbol !== undefined && variables.has(symbol.name)) {
        named.add(symbol.name)
        return { label: symbol.name.slice('runtime.'.length), offset: target - start }
      }
      if (!anonymous.has(start)) anonymous.set(start, `${ANONYMOUS}${anonymous.size}`)
      return { label: anonymous.get(start) ?? ANONYMOUS, offset: target - start }
    })
    found.set(name, { text: formatReferences(references), named, targets })
  }
  return found
}
