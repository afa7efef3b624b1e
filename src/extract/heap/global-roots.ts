import { NONE, type RootIndex, type TypeIndex } from '../../model/types.ts'
import type { DwarfTypeIndex } from '../dwarf/dwarf.ts'
import type { JoinedDwarf } from '../dwarf/join.ts'
import type { Core } from '../file/core.ts'
import { findRange } from '../file/extents.ts'
import type { ModuleData } from '../go/moduledata.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'
import type { ObjectFinder } from './object-finder.ts'
import type { RootBuilder } from './root-builder.ts'
import { findStatics, isUntypedStatic, type TypedData } from './statics.ts'

/** A package variable or a compiler's static, at run-time addresses. */
interface Variable extends TypedData {
  kind: 'global' | 'data'
}

const STT_OBJECT = 1
/** 2 GiB: code reaches its variables by signed 32-bit distances. */
const MAX_BLOCK_WORDS = 2 ** 28

/**
 * Data and bss of every module: the words that the linker's masks flag, each given to the variable that covers it.
 * runtime/mgcmark.go, markrootBlock over gcdatamask and gcbssmask. A root row per variable that points into the heap.
 */
export function readGlobalRoots(
  process: GoProcess,
  types: TypeCatalog,
  finder: ObjectFinder,
  roots: RootBuilder,
): void {
  const variables = listVariables(process, types)
  for (const { data, edata, bss, ebss, gcdatamask, gcbssmask } of process.modules) {
    readBlock(process, finder, roots, { start: data, end: edata, mask: gcdatamask, isBss: false }, variables)
    readBlock(process, finder, roots, { start: bss, end: ebss, mask: gcbssmask, isBss: true }, variables)
  }
}

interface Block {
  start: number
  end: number
  mask: ModuleData['gcdatamask']
  isBss: boolean
}

function readBlock(
  process: GoProcess,
  finder: ObjectFinder,
  roots: RootBuilder,
  { start, end, mask, isBss }: Block,
  variables: readonly Variable[],
): void {
  const { memory, problems } = process
  const words = Math.floor((end - start) / 8)
  // Variables lie in one piece of the program: bounds that say otherwise have been damaged.
  if (!(words >= 0 && words <= MAX_BLOCK_WORDS)) {
    problems.add('roots', 'data-unreadable', 'error', 'the bounds of data or bss make no sense', {
      address: start,
    })
    return
  }
  const bits = new Uint8Array(Math.ceil(words / 8))
  const bytes = new Uint8Array(words * 8)
  if (memory.readInto(mask.address, bits) < bits.length) {
    problems.add('roots', 'data-mask-unreadable', 'error', 'a module’s data or bss mask is not in the core', {
      address: mask.address,
    })
    return
  }
  const read = memory.readInto(start, bytes)
  if (read < bytes.length && !(isBss && isUnwritten(process.core, start + read, end))) {
    problems.add('roots', 'data-unreadable', 'error', 'bytes of data or bss are not in the core', {
      address: start + read,
      count: bytes.length - read,
    })
  }
  const view = new Uint32Array(bytes.buffer)
  let v = firstAtOrAfter(variables, start)
  let root: RootIndex = NONE
  let rootAddress = 0
  let rootEnd = 0
  for (let w = 0; w < words; w++) {
    if (((bits[w >> 3] >> (w & 7)) & 1) === 0) continue
    const value = view[2 * w + 1] * 4294967296 + view[2 * w]
    if (finder.spanAt(value) === NONE) continue
    const address = start + w * 8
    if (root === NONE || address >= rootEnd) {
      while (v < variables.length && variables[v].address + variables[v].size <= address) v++
      const variable = v < variables.length && variables[v].address <= address ? variables[v] : undefined
      rootAddress = variable?.address ?? address
      rootEnd = variable ? variable.address + variable.size : address + 8
      root = addRoot(roots, variable, address)
    }
    roots.point(root, address - rootAddress, value)
  }
}

/**
 * Of private memory without a file, the kernel leaves out what was never written to: it is zero. A plugin's bss can be
 * like that. Linux: fs/coredump.c, vma_dump_size.
 */
function isUnwritten({ writer, memory: { mappings } }: Core, start: number, end: number): boolean {
  let at = start
  for (let i = findRange(mappings, start); i >= 0 && i < mappings.length && at < end; i++) {
    const { address, size, source, permissions, file } = mappings[i]
    if (address > at || source !== 'absent' || permissions !== 'rw-' || file !== undefined) return false
    at = address + size
  }
  return writer === 'kernel' && at >= end
}

function addRoot(roots: RootBuilder, variable: Variable | undefined, address: number): RootIndex {
  if (variable === undefined) {
    const name = `data 0x${address.toString(16)}`
    return roots.add({ kind: 'data', parent: NONE, name, type: NONE, address, size: 8 })
  }
  return roots.add({ ...variable, parent: NONE })
}

/** All that has a name, and what has a type because it leads there; by address, none covering another. */
function listVariables(process: GoProcess, types: TypeCatalog): Variable[] {
  const named = namedVariables(process, types)
  const statics = findStatics(process, types, named).map((data) => ({ ...data, kind: 'data' as const }))
  const found = new Set(statics.map(({ address }) => address))
  const others = named.filter((variable) => !(isUntypedStatic(variable) && found.has(variable.address)))
  return disjoint([...others.map((variable) => ({ ...variable, kind: 'global' as const })), ...statics])
}

/** DWARF variables, then symbols that DWARF does not have (`..stmp_`, `..dict`). */
function namedVariables(process: GoProcess, types: TypeCatalog): TypedData[] {
  const { dwarf, core, plugins } = process
  const named: TypedData[] = (dwarf?.globals ?? []).map((global) => ({
    name: global.name,
    address: global.address + core.bias,
    size: sizeOfType(dwarf, global.type),
    type: types.fromDwarf(global.type),
  }))
  const known = new Set(named.map((variable) => variable.address))
  for (const { elf, bias } of [{ elf: core.binary, bias: core.bias }, ...plugins]) {
    for (const symbol of elf.symbols()) {
      const address = symbol.address + bias
      if (symbol.type !== STT_OBJECT || symbol.size === 0 || known.has(address)) continue
      named.push({ name: symbol.name, address, size: symbol.size, type: typeOfSymbol(types, symbol.name) })
    }
  }
  return disjoint(named)
}

/** Caches of type assertions and type switches. cmd/compile/internal/ssagen, TypeAssert and InterfaceSwitch; since Go 1.22. */
function typeOfSymbol(types: TypeCatalog, name: string): TypeIndex {
  const [, what] = /\.\.(typeAssert|interfaceSwitch)\.\d+$/.exec(name) ?? []
  if (what === undefined) return NONE
  return types.byName(what === 'typeAssert' ? 'internal/abi.TypeAssert' : 'internal/abi.InterfaceSwitch')
}

function disjoint<T extends TypedData>(variables: T[]): T[] {
  variables.sort((a, b) => a.address - b.address || b.size - a.size)
  let end = 0
  return variables.filter((variable) => {
    if (variable.size === 0 || variable.address < end) return false
    end = variable.address + variable.size
    return true
  })
}

/** Bytes of a DWARF type, through typedefs; 0 when it does not say. */
function sizeOfType(dwarf: JoinedDwarf | undefined, index: DwarfTypeIndex): number {
  let at = index
  for (let depth = 0; dwarf !== undefined && at >= 0 && depth < 32; depth++) {
    const type = dwarf.types[at]
    if (type.size !== undefined) return type.size
    if (type.kind === 'pointer') return 8
    if (type.kind === 'array' && type.length !== undefined) return type.length * sizeOfType(dwarf, type.type)
    at = type.type
  }
  return 0
}

function firstAtOrAfter(variables: readonly Variable[], address: number): number {
  let low = 0
  let high = variables.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (variables[middle].address + variables[middle].size <= address) low = middle + 1
    else high = middle
  }
  return low
}
