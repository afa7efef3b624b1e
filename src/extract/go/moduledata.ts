import { FaultError, GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import type { Memory } from '../file/memory.ts'
import type { Layouts } from './layouts.ts'

/** A slice header's first two words. Length counts elements. */
export interface SliceOf {
  address: number
  length: number
}

/** runtime.moduledata, run-time addresses. Source: runtime/symtab.go. */
export interface ModuleData {
  address: number
  pcHeader: number
  /** Parts of the pclntab; lengths in bytes but for cutab (u32 each) and ftab ({entryoff u32, funcoff u32} each). */
  funcnametab: SliceOf
  cutab: SliceOf
  filetab: SliceOf
  pctab: SliceOf
  pclntable: SliceOf
  ftab: SliceOf
  minpc: number
  maxpc: number
  text: number
  etext: number
  noptrdata: number
  enoptrdata: number
  data: number
  edata: number
  bss: number
  ebss: number
  noptrbss: number
  enoptrbss: number
  /** Base of type offsets; [types, etypes) holds the type descriptors. */
  types: number
  etypes: number
  rodata: number
  /** Base of funcdata offsets. */
  gofunc: number
  /** runtime.bitvector: pointer masks over data and bss, a bit a word. */
  gcdatamask: { bits: number; address: number }
  gcbssmask: { bits: number; address: number }
  /** Offsets (i32) of type descriptors, and addresses of itabs; undefined in Go >= 1.27. */
  typelinks: SliceOf | undefined
  itablinks: SliceOf | undefined
  /** Go >= 1.27: bytes of consecutive type descriptors from types on. */
  typedescLength: number | undefined
}

/** Far more than any program loads; ends a chain that runs in circles. */
const MAX_MODULES = 10_000

/** The chain from runtime.firstmoduledata; modules marked bad are left out, as in runtime.activeModules. */
export function readModules(memory: Memory, layouts: Layouts, problems: Problems): ModuleData[] {
  const layout = layouts.struct('runtime.moduledata')
  const modules: ModuleData[] = []
  let address = layouts.variable('runtime.firstmoduledata') ?? 0
  if (address === 0) throw new GoheapError('not-go', 'the binary has no runtime.firstmoduledata')
  const seen = new Set<number>()
  while (address !== 0 && !seen.has(address) && seen.size < MAX_MODULES) {
    seen.add(address)
    try {
      if (memory.readU8(address + layout.offset('bad')) === 0) {
        modules.push(readModule(memory, layouts, address))
      }
      address = memory.readWord(address + layout.offset('next'))
    } catch (error) {
      if (!(error instanceof FaultError) || modules.length === 0) throw error
      problems.add('facts', 'module-unreadable', 'error', `a further module: ${error.message}`, {
        address: error.address,
      })
      break
    }
  }
  return modules
}

function readModule(memory: Memory, layouts: Layouts, address: number): ModuleData {
  const layout = layouts.struct('runtime.moduledata')
  const word = (field: string) => memory.readWord(address + layout.offset(field))
  const slice = (field: string): SliceOf => ({
    address: word(field),
    length: memory.readWord(address + layout.offset(field) + 8),
  })
  const optional = (field: string) => (layout.has(field) ? slice(field) : undefined)
  const mask = (field: string) => ({
    bits: memory.readI32(address + layout.offset(`${field}.n`)),
    address: word(`${field}.bytedata`),
  })
  return {
    address,
    pcHeader: word('pcHeader'),
    funcnametab: slice('funcnametab'),
    cutab: slice('cutab'),
    filetab: slice('filetab'),
    pctab: slice('pctab'),
    pclntable: slice('pclntable'),
    ftab: slice('ftab'),
    minpc: word('minpc'),
    maxpc: word('maxpc'),
    text: word('text'),
    etext: word('etext'),
    noptrdata: word('noptrdata'),
    enoptrdata: word('enoptrdata'),
    data: word('data'),
    edata: word('edata'),
    bss: word('bss'),
    ebss: word('ebss'),
    noptrbss: word('noptrbss'),
    enoptrbss: word('enoptrbss'),
    types: word('types'),
    etypes: word('etypes'),
    rodata: word('rodata'),
    gofunc: word('gofunc'),
    gcdatamask: mask('gcdatamask'),
    gcbssmask: mask('gcbssmask'),
    typelinks: optional('typelinks'),
    itablinks: optional('itablinks'),
    typedescLength: layout.has('typedesclen') ? word('typedesclen') : undefined,
  }
}
