import { describe, expect, test } from 'vitest'
import { MIN_SLOT_WITH_INLINE_MARKS } from '../../src/extract/go/facts.ts'
import { openProcess } from '../../src/extract/go/process.ts'
import { readSpans } from '../../src/extract/heap/spans.ts'
import { Problems } from '../../src/model/problem.ts'
import { reachExactly } from '../oracle/exact-reach.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { missingGdb, stopProgram } from '../oracle/gdb.ts'
import { because, buildProgram, missingGo } from '../oracle/toolchain.ts'

// What the collector itself says of its heap, at the one moment when it has said it of all objects.
describe.each(['1.21.13', '1.27.4'] as const)('at the end of marking, Go %s', (version) => {
  const reason = missingGo(version) ?? missingGdb()
  test.skipIf(reason)(`has marked all that goheap finds reachable${because(reason)}`, async () => {
    const stop = { at: ['runtime.gcSweep'], skip: 3, steps: 0 }
    const run = stopProgram(buildProgram('states', version), ['truth', 'churn'], stop)
    const extracted = await extractRun(run)
    const isMarked = readMarks(extracted)
    const reached = reachExactly(extracted)
    const count = extracted.heap.objects.count
    let live = 0
    let dead = 0
    const wrong: string[] = []
    for (let object = 0; object < count; object++) {
      if (isMarked(object)) live++
      else dead++
      if (reached[object] === 1 && !isMarked(object))
        wrong.push(`0x${extracted.heap.objects.address[object].toString(16)}`)
    }
    expect(wrong).toEqual([])
    // Marks of both kinds are there, and most of what is marked is what is reached: the rest died while it was marked.
    expect([live, dead].map((objects) => objects > 500)).toEqual([true, true])
    expect(reached.filter((flag) => flag === 1).length).toBeGreaterThan(2900)
    extracted.core.close()
  })
})

const PAGE = 8192
/** Since Go 1.26: spanInlineMarkBits at the end of a span of small objects; its marks are its third word group. mgcmark_greenteagc.go */
const INLINE_BYTES = 128
const INLINE_MARKS = 64

/** mspan.gcmarkBits, and what Green Tea keeps in the span itself. */
function readMarks({ core, heap }: Extracted): (object: number) => boolean {
  const process = openProcess(core, new Problems())
  const spans = readSpans(process)
  const { table } = spans
  return (object) => {
    const span = heap.objects.span[object]
    const size = table.slotSize[span]
    const slot = Math.floor((heap.objects.address[object] - table.address[span]) / size)
    const bit = (at: number) => (core.memory.readU8(at + (slot >> 3)) >> (slot & 7)) & 1
    const isInline = process.facts.inlineMarkBytes > 0 && size >= MIN_SLOT_WITH_INLINE_MARKS && size <= 512
    const inline = table.address[span] + PAGE - INLINE_BYTES + INLINE_MARKS
    return bit(spans.markBits[span]) === 1 || (isInline && bit(inline) === 1)
  }
}
