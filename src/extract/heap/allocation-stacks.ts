import { sharedInt32 } from '../../base/columns.ts'
import type { AllocationStacks, ObjectTable, StackFrameRow } from '../../model/tables.ts'
import { NONE } from '../../model/types.ts'
import { readable } from '../file/readable.ts'
import { callsAt } from '../go/call-chain.ts'
import type { GoProcess } from '../go/process.ts'
import type { SpanRecords } from './spans.ts'
import { specialReader } from './specials.ts'

/** debug.profstackdepth is at most 1024. runtime/runtime1.go, parsedebugvars. */
const MAX_DEPTH = 1024 + 2

/**
 * Where sampled objects were allocated: their profile specials lead to buckets of the runtime's heap profile, and a
 * bucket ends in the stack. runtime/mprof.go: specialprofile, bucket, bucket.stk.
 */
export function readAllocationStacks(
  process: GoProcess,
  spans: SpanRecords,
  objects: ObjectTable,
): AllocationStacks {
  const stackOf = sharedInt32(objects.count).fill(NONE)
  const bucketAt = process.layouts.struct('runtime.specialprofile').offset('b')
  const specialsOf = specialReader(process)
  const stacks = new Stacks(process)
  const { table } = spans
  for (let s = 0; s < table.count; s++) {
    if (spans.specials[s] === 0) continue
    for (const special of specialsOf(spans, s)) {
      if (special.kind !== 'Profile') continue
      const object = objects.slotObject[table.firstSlot[s] + special.slot]
      if (object === NONE) continue
      const bucket = readable(() => process.memory.readWord(special.address + bucketAt)) ?? 0
      stackOf[object] = stacks.rowOf(bucket)
    }
  }
  return { stackOf, stacks: stacks.rows }
}

/** Rows of stacks by bucket. The runtime keeps a bucket for each size: buckets of one stack share a row. */
class Stacks {
  readonly rows: StackFrameRow[][] = []
  readonly #process: GoProcess
  readonly #byBucket = new Map<number, number>()
  readonly #byCalls = new Map<string, number>()

  constructor(process: GoProcess) {
    this.#process = process
  }

  /** NONE when the bucket cannot be read. */
  rowOf(bucket: number): number {
    let row = this.#byBucket.get(bucket)
    if (row === undefined) {
      const pcs = readable(() => this.#readPcs(bucket))
      row = pcs === undefined ? NONE : this.#rowOfCalls(pcs)
      if (pcs === undefined) {
        const message = 'a heap profile record cannot be read'
        this.#process.problems.add('roots', 'bucket-unreadable', 'warning', message, { address: bucket })
      }
      this.#byBucket.set(bucket, row)
    }
    return row
  }

  #rowOfCalls(pcs: readonly number[]): number {
    const key = pcs.join()
    const row = this.#byCalls.get(key) ?? this.rows.push(pcs.map((pc) => this.#callAt(pc))) - 1
    this.#byCalls.set(key, row)
    return row
  }

  /** Each pc is that of one call as the source has it, inlined ones too. runtime/traceback.go, tracebackPCs. */
  #readPcs(bucket: number): number[] {
    const { memory, layouts } = this.#process
    const layout = layouts.struct('runtime.bucket')
    const depth = Math.min(memory.readWord(bucket + layout.offset('nstk')), MAX_DEPTH)
    // The runtime adds 1 to the pc of the call.
    return Array.from({ length: depth }, (_, i) => memory.readWord(bucket + layout.size + i * 8) - 1)
  }

  #callAt(pc: number): StackFrameRow {
    const { memory, pclntab } = this.#process
    const fn = pclntab.functionAt(pc)
    if (fn === undefined) return { function: `0x${pc.toString(16)}`, file: undefined, line: undefined }
    const [call] = callsAt(memory, pclntab, fn, pc)
    return { function: call.function, file: call.file, line: call.line }
  }
}
