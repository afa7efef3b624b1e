import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { Layouts } from '../go/layouts.ts'
import type { GoProcess } from '../go/process.ts'

/** runtime.g, the fields that say what a goroutine does and where its stack is. */
export interface Goroutine {
  address: number
  goid: number
  /** g.atomicstatus without the scan bit. */
  status: number
  stackLow: number
  stackHigh: number
  /** g.sched */
  saved: { sp: number; pc: number; lr: number; context: number }
  syscallSp: number
  syscallPc: number
  /** Index into runtime.waitReasonStrings. */
  waitReason: number
  /** nanotime; 0 when not noted, or nonsense. */
  waitingSince: number
  /** pc of the go statement; 0 for the first goroutines. */
  createdPc: number
  /** goid of the goroutine that ran it; 0 for the first ones. */
  parentGoid: number
  /** Address of the labels that runtime/pprof keeps; 0 for none. */
  labels: number
  startPc: number
  /** Address of its m; 0 when it is on no thread. */
  machine: number
  lockedMachine: number
  defers: number
  panics: number
  /** First sudog of what it is blocked on; 0 for none. */
  waiting: number
  /** Address of the vector registers kept for a preempted goroutine; 0 for none (and before Go 1.26). */
  extendedRegisters: number
  isAtAsyncSafePoint: boolean
}

/** Numbers of g.atomicstatus. runtime/runtime2.go. Those that a version lacks are -1. */
export interface GoroutineStatuses {
  idle: number
  runnable: number
  running: number
  syscall: number
  waiting: number
  dead: number
  copystack: number
  preempted: number
  leaked: number
  deadextra: number
}

/** As the runtime prints them. runtime/traceback.go, gStatusStrings. */
const STATUS_CONSTANTS: Record<keyof GoroutineStatuses, string> = {
  idle: '_Gidle',
  runnable: '_Grunnable',
  running: '_Grunning',
  syscall: '_Gsyscall',
  waiting: '_Gwaiting',
  dead: '_Gdead',
  copystack: '_Gcopystack',
  preempted: '_Gpreempted',
  leaked: '_Gleaked',
  deadextra: '_Gdeadextra',
}

/** More than fit into any address space at 2 KiB of stack each. */
const MAX_GOROUTINES = 2 ** 31

export function goroutineStatuses(layouts: Layouts): GoroutineStatuses {
  const numbers = {} as Record<keyof GoroutineStatuses, number>
  for (const name of Object.keys(STATUS_CONSTANTS) as (keyof GoroutineStatuses)[]) {
    numbers[name] = layouts.constant(`runtime.${STATUS_CONSTANTS[name]}`) ?? -1
  }
  return numbers
}

/** Addresses of all g structures ever made, dead ones included. runtime/proc.go, atomicAllG. */
export function readAllGs(process: GoProcess): number[] {
  const { layouts, memory, problems } = process
  const slice = layouts.variable('runtime.allgs')
  const length = layouts.variable('runtime.allglen') ?? (slice === undefined ? undefined : slice + 8)
  const first = layouts.variable('runtime.allgptr') ?? slice
  const found = readable(() => {
    if (first === undefined || length === undefined) return undefined
    const count = memory.readWord(length)
    const address = memory.readWord(first)
    if (count > MAX_GOROUTINES || !memory.isReadable(address, count * 8)) return undefined
    return Array.from({ length: count }, (_, i) => memory.readWord(address + i * 8))
  })
  if (found === undefined) {
    problems.add('roots', 'goroutines-unreadable', 'error', 'the list of goroutines cannot be read', {
      ...(slice === undefined ? {} : { address: slice }),
    })
  }
  return found ?? []
}

/** Reads one g; faults as Memory does. */
export function goroutineReader(process: GoProcess): (address: number) => Goroutine {
  const { layouts, memory } = process
  const g = layouts.struct('runtime.g')
  const at = {
    goid: g.offset('goid'),
    status: g.offset('atomicstatus'),
    stackLow: g.offset('stack.lo'),
    stackHigh: g.offset('stack.hi'),
    sp: g.offset('sched.sp'),
    pc: g.offset('sched.pc'),
    lr: g.offset('sched.lr'),
    context: g.offset('sched.ctxt'),
    syscallSp: g.offset('syscallsp'),
    syscallPc: g.offset('syscallpc'),
    waitReason: g.offset('waitreason'),
    waitingSince: g.offset('waitsince'),
    createdPc: g.offset('gopc'),
    parentGoid: g.offset('parentGoid'),
    labels: g.offset('labels'),
    startPc: g.offset('startpc'),
    machine: g.offset('m'),
    lockedMachine: g.offset('lockedm'),
    defers: g.offset('_defer'),
    panics: g.offset('_panic'),
    waiting: g.offset('waiting'),
    asyncSafePoint: g.offset('asyncSafePoint'),
    extendedRegisters: g.has('xRegs.state') ? g.offset('xRegs.state') : undefined,
  }
  const scanBit = layouts.constant('runtime._Gscan') ?? 0x1000
  return (address) => {
    const word = (offset: number) => memory.readWord(address + offset)
    return {
      address,
      goid: word(at.goid),
      status: memory.readU32(address + at.status) & ~scanBit,
      stackLow: word(at.stackLow),
      stackHigh: word(at.stackHigh),
      saved: { sp: word(at.sp), pc: word(at.pc), lr: word(at.lr), context: word(at.context) },
      syscallSp: word(at.syscallSp),
      syscallPc: word(at.syscallPc),
      waitReason: memory.readU8(address + at.waitReason),
      waitingSince: safeOrZero(word(at.waitingSince)),
      createdPc: word(at.createdPc),
      parentGoid: safeOrZero(word(at.parentGoid)),
      labels: word(at.labels),
      startPc: word(at.startPc),
      machine: word(at.machine),
      lockedMachine: word(at.lockedMachine),
      defers: word(at.defers),
      panics: word(at.panics),
      waiting: word(at.waiting),
      extendedRegisters: at.extendedRegisters === undefined ? 0 : word(at.extendedRegisters),
      isAtAsyncSafePoint: memory.readU8(address + at.asyncSafePoint) !== 0,
    }
  }
}

const safeOrZero = (value: number) => (Number.isSafeInteger(value) ? value : 0)

/** The runtime's own words for why a goroutine waits; undefined for a number that it has no words for. */
export function waitReasonReader(process: GoProcess): (reason: number) => string | undefined {
  const { layouts, memory } = process
  const table = layouts.variable('runtime.waitReasonStrings')
  const known = new Map<number, string | undefined>()
  return (reason) => {
    if (table === undefined || reason === 0) return undefined
    if (!known.has(reason)) {
      known.set(
        reason,
        readable(() => readString(memory, table + reason * 16)),
      )
    }
    return known.get(reason)
  }
}

/** Longer than any of the runtime's own short texts. */
const MAX_TEXT_BYTES = 200

function readString(memory: Memory, header: number): string | undefined {
  const length = memory.readWord(header + 8)
  if (length === 0 || length > MAX_TEXT_BYTES) return undefined
  return Buffer.from(memory.readBytes(memory.readWord(header), length)).toString('utf8')
}
