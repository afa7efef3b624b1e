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
  const readBucket = bucketReader(process)
  const specialsOf = specialReader(process)
  const rows = new Map<number, number>()
  const stacks: (readonly StackFrameRow[])[] = []
  const { table } = spans
  for (let s = 0; s < table.count; s++) {
    if (spans.specials[s] === 0) continue
    for (const special of specialsOf(spans, s)) {
      if (special.kind !== 'Profile') continue
      const object = objects.slotObject[table.firstSlot[s] + special.slot]
      if (object === NONE) continue
      const bucket = readable(() => process.memory.readWord(special.address + bucketAt)) ?? 0
      let row = rows.get(bucket)
      if (row === undefined) {
        const frames = readable(() => readBucket(bucket))
        row = frames === undefined ? NONE : stacks.push(frames) - 1
        if (frames === undefined) {
          process.problems.add('roots', 'bucket-unreadable', 'warning', 'a heap profile record cannot be read', {
            address: bucket,
          })
        }
        rows.set(bucket, row)
      }
      stackOf[object] = row
    }
  }
  return { stackOf, stacks }
}

function bucketReader(process: GoProcess): (bucket: number) => StackFrameRow[] {
  const { memory, layouts, pclntab } = process
  const layout = layouts.struct('runtime.bucket')
  const depthAt = layout.offset('nstk')
  return (bucket) => {
    const depth = Math.min(memory.readWord(bucket + depthAt), MAX_DEPTH)
    const frames: StackFrameRow[] = []
    for (let i = 0; i < depth; i++) {
      // Each pc is that of one call as the source has it, inlined ones too, plus 1. runtime/traceback.go, tracebackPCs.
      const pc = memory.readWord(bucket + layout.size + i * 8) - 1
      const fn = pclntab.functionAt(pc)
      if (fn === undefined) {
        frames.push({ function: `0x${pc.toString(16)}`, file: undefined, line: undefined })
        continue
      }
      const [call] = callsAt(memory, pclntab, fn, pc)
      frames.push({ function: call.function, file: call.file, line: call.line })
    }
    return frames
  }
}
