import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { ModuleData } from './moduledata.ts'
import { readPcValue } from './pc-values.ts'

/** A function of the pclntab: runtime._func and where its tables lie. Addresses are run-time addresses. */
export interface GoFunction {
  readonly module: ModuleTables
  readonly name: string
  readonly entry: number
  /** Start of the function after it. */
  readonly end: number
  /** Bytes of arguments and results on the stack; UNKNOWN_ARGS_SIZE for some assembly. */
  readonly argsSize: number
  /** Offset from entry of a call of deferreturn; 0 when there is none. */
  readonly deferReturn: number
  /** abi.FuncFlag */
  readonly flags: number
  readonly id: number
  readonly startLine: number
  /** Offsets into pctab; 0 for no table. */
  readonly pcsp: number
  readonly pcfile: number
  readonly pcln: number
  readonly pcdata: Uint32Array
  /** Addresses of the funcdata tables; 0 for none. */
  readonly funcdata: Float64Array
  /** First entry of its compilation unit in cutab. */
  readonly cuOffset: number
}

/** The parts of one module's pclntab, in memory. */
export interface ModuleTables {
  readonly data: ModuleData
  readonly names: Uint8Array
  readonly files: Uint8Array
  readonly cutab: Uint8Array
  readonly pctab: Uint8Array
  /** runtime.functab rows {entryoff, funcoff}, and the end of the text as one more row. */
  readonly ftab: Uint32Array
  readonly functions: DataView
  /** Smallest instruction. */
  readonly minLC: number
}

export interface Pclntab {
  /** The function whose code covers a run-time pc; undefined for other code. runtime/symtab.go, findfunc. */
  functionAt(pc: number): GoFunction | undefined
  /** Bytes between sp and the frame's top at pc (the return address not counted); -1 when not known. */
  spDelta(fn: GoFunction, pc: number): number
  /** Value of a PCDATA table at pc; -1 when there is none. */
  pcdata(fn: GoFunction, table: number, pc: number): number
  /** Source position of pc; undefined when the tables do not say. */
  position(fn: GoFunction, pc: number): { file: string; line: number } | undefined
  /** abi.FuncIDWrapper, the highest id there is: code that the compiler makes. */
  readonly wrapperId: number
  /** All functions, by address. */
  functions(): IterableIterator<GoFunction>
}

/** internal/abi/symtab.go: PCDATA_* and FUNCDATA_*, FuncFlag*, ArgsSizeUnknown. Unchanged from Go 1.21 to 1.27. */
export const PCDATA = { stackMapIndex: 1, inlineTreeIndex: 2 } as const
export const FUNCDATA = { argsPointerMaps: 0, localsPointerMaps: 1, stackObjects: 2, inlineTree: 3 } as const
export const FUNC_FLAG = { topFrame: 1, spWrite: 2, asm: 4 } as const
export const UNKNOWN_ARGS_SIZE = -0x80000000

/** runtime._func, without its two trailing arrays. runtime/runtime2.go; the same in Go 1.21 to 1.27. */
const FUNC = {
  entryOffset: 0,
  name: 4,
  args: 8,
  deferReturn: 12,
  pcsp: 16,
  pcfile: 20,
  pcln: 24,
  pcdataCount: 28,
  cuOffset: 32,
  startLine: 36,
  id: 40,
  flags: 41,
  funcdataCount: 43,
  bytes: 44,
}

/** More PCDATA tables than any function has (there are five kinds). */
const MAX_TABLES = 64

/** Reads the tables of every module into memory. Modules whose tables are not in the core are left out. */
export function openPclntab(memory: Memory, modules: readonly ModuleData[], minLC: number): Pclntab {
  const tables = modules
    .map((module) => readable(() => readTables(memory, module, minLC)))
    .filter((module) => module !== undefined)
  return new PclntabReader(tables)
}

function readTables(memory: Memory, data: ModuleData, minLC: number): ModuleTables {
  const bytes = (part: { address: number; length: number }) => memory.readBytes(part.address, part.length)
  const ftab = memory.readBytes(data.ftab.address, data.ftab.length * 8)
  const functions = bytes(data.pclntable)
  return {
    data,
    names: bytes(data.funcnametab),
    files: bytes(data.filetab),
    cutab: memory.readBytes(data.cutab.address, data.cutab.length * 4),
    pctab: bytes(data.pctab),
    ftab: new Uint32Array(ftab.buffer, ftab.byteOffset, data.ftab.length * 2),
    functions: viewOf(functions),
    minLC,
  }
}

class PclntabReader implements Pclntab {
  readonly #modules: readonly ModuleTables[]
  /** By address of the _func. */
  readonly #functions = new Map<number, GoFunction | undefined>()
  #wrapperId: number | undefined

  constructor(modules: readonly ModuleTables[]) {
    this.#modules = modules
  }

  functionAt(pc: number): GoFunction | undefined {
    for (const module of this.#modules) {
      if (pc >= module.data.minpc && pc < module.data.maxpc) {
        return this.#function(module, findRow(module.ftab, pc - module.data.text))
      }
    }
    return undefined
  }

  spDelta(fn: GoFunction, pc: number): number {
    return this.#value(fn, fn.pcsp, pc)
  }

  pcdata(fn: GoFunction, table: number, pc: number): number {
    return table < fn.pcdata.length ? this.#value(fn, fn.pcdata[table], pc) : -1
  }

  position(fn: GoFunction, pc: number): { file: string; line: number } | undefined {
    const fileNumber = this.#value(fn, fn.pcfile, pc)
    const line = this.#value(fn, fn.pcln, pc)
    const { cutab, files } = fn.module
    const row = (fn.cuOffset + fileNumber) * 4
    if (fileNumber < 0 || line < 0 || row + 4 > cutab.length) return undefined
    const offset = viewOf(cutab).getUint32(row, true)
    return offset < files.length ? { file: readName(files, offset), line } : undefined
  }

  get wrapperId(): number {
    if (this.#wrapperId === undefined) {
      this.#wrapperId = 0
      for (const { ftab, functions } of this.#modules) {
        for (let row = 0; row + 1 < ftab.length / 2; row++) {
          const at = ftab[row * 2 + 1] + FUNC.id
          if (at < functions.byteLength) this.#wrapperId = Math.max(this.#wrapperId, functions.getUint8(at))
        }
      }
    }
    return this.#wrapperId
  }

  *functions(): IterableIterator<GoFunction> {
    for (const module of this.#modules) {
      for (let row = 0; row + 1 < module.ftab.length / 2; row++) {
        const fn = this.#function(module, row)
        if (fn) yield fn
      }
    }
  }

  #value(fn: GoFunction, table: number, pc: number): number {
    return table === 0 ? -1 : readPcValue(fn.module.pctab, table, pc - fn.entry, fn.module.minLC)
  }

  #function(module: ModuleTables, row: number): GoFunction | undefined {
    if (row < 0) return undefined
    const key = module.data.pclntable.address + module.ftab[row * 2 + 1]
    if (!this.#functions.has(key)) this.#functions.set(key, readFunction(module, row))
    return this.#functions.get(key)
  }
}

/** Row of ftab whose code covers `offset` (from text); -1 when none does. The last row only ends the one before. */
function findRow(ftab: Uint32Array, offset: number): number {
  let low = 0
  let high = ftab.length / 2 - 1
  if (high < 1 || offset < ftab[0] || offset >= ftab[high * 2]) return -1
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (ftab[middle * 2] <= offset) low = middle
    else high = middle
  }
  return low
}

function readFunction(module: ModuleTables, row: number): GoFunction | undefined {
  const { functions, ftab, data, names } = module
  const at = ftab[row * 2 + 1]
  if (at + FUNC.bytes > functions.byteLength) return undefined
  const u32 = (offset: number) => functions.getUint32(at + offset, true)
  const pcdataCount = u32(FUNC.pcdataCount)
  const funcdataCount = functions.getUint8(at + FUNC.funcdataCount)
  const tables = at + FUNC.bytes
  if (u32(FUNC.name) >= names.length) return undefined
  if (pcdataCount > MAX_TABLES || tables + (pcdataCount + funcdataCount) * 4 > functions.byteLength)
    return undefined
  const table = (index: number) => functions.getUint32(tables + index * 4, true)
  return {
    module,
    name: readName(names, u32(FUNC.name)),
    entry: data.text + u32(FUNC.entryOffset),
    end: data.text + ftab[row * 2 + 2],
    argsSize: functions.getInt32(at + FUNC.args, true),
    deferReturn: u32(FUNC.deferReturn),
    flags: functions.getUint8(at + FUNC.flags),
    id: functions.getUint8(at + FUNC.id),
    startLine: functions.getInt32(at + FUNC.startLine, true),
    pcsp: u32(FUNC.pcsp),
    pcfile: u32(FUNC.pcfile),
    pcln: u32(FUNC.pcln),
    pcdata: Uint32Array.from({ length: pcdataCount }, (_, i) => table(i)),
    funcdata: Float64Array.from({ length: funcdataCount }, (_, i) => {
      const offset = table(pcdataCount + i)
      return offset === 0xffffffff ? 0 : data.gofunc + offset
    }),
    cuOffset: u32(FUNC.cuOffset),
  }
}

/** A NUL-terminated string of a string table. */
export function readName(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset)
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, Math.max(0, end - offset)).toString('utf8')
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
