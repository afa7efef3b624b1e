import { describe, expect, test } from 'vitest'
import { callsAt } from '../../../src/extract/go/call-chain.ts'
import { readPcValue } from '../../../src/extract/go/pc-values.ts'
import { because, GO_VERSIONS, missingGo } from '../../oracle/toolchain.ts'
import { printedName } from '../../oracle/traceback.ts'
import { stackRun } from '../heap/stack-run.ts'

for (const version of GO_VERSIONS) {
  const reason = missingGo(version)
  describe.skipIf(reason)(`pclntab of Go ${version}${because(reason)}`, () => {
    test('instructions have the function, file and line that the runtime gives them', () => {
      const run = stackRun(version)
      const { memory, pclntab } = run.process
      // Before 1.23 runtime.CallersFrames gave the innermost of the inlined calls only.
      const listsInlined = Number(version.split('.')[1]) >= 23
      const wanted = parsePositions(run.text('positions'))
      const mine = new Map<number, string[]>()
      for (const pc of wanted.keys()) {
        const fn = pclntab.functionAt(pc)
        if (fn === undefined) throw new Error(`no function at 0x${pc.toString(16)}`)
        const calls = callsAt(memory, pclntab, fn, pc)
          // It leaves out wrappers that the called method was inlined into.
          .filter((call, i) => i === 0 || !call.isWrapper)
          .map((call) => `${shownName(call.function)} ${call.file ?? '?'}:${call.line ?? 0}`)
        mine.set(pc, listsInlined ? calls : calls.slice(0, 1))
      }
      expect(wanted.size).toBeGreaterThan(5000)
      if (listsInlined) expect([...wanted.values()].some((calls) => calls.length > 2)).toBe(true)
      for (const [pc, calls] of wanted) {
        expect(mine.get(pc), pc.toString(16)).toEqual(listsInlined ? calls : calls.slice(0, 1))
      }
    })

    test('every function begins where it says, and the table is in order', () => {
      const { pclntab } = stackRun(version).process
      let last = 0
      for (const fn of pclntab.functions()) {
        expect(fn.entry).toBeGreaterThanOrEqual(last)
        if (fn.end > fn.entry) {
          expect(pclntab.functionAt(fn.entry)?.name).toBe(fn.name)
          expect(pclntab.functionAt(fn.end - 1)?.name).toBe(fn.name)
        }
        last = fn.entry
      }
    })
  })
}

test('a pc-value table is read pair by pair', () => {
  // -1 + 9 = 8 for 3 instructions, then -8 = 0 for 200, then the end.
  const table = Uint8Array.of(0, 18, 3, 15, 200, 1, 0)
  const at = (offset: number) => readPcValue(table, 1, offset, 1)
  expect([0, 2, 3, 202, 203].map(at)).toEqual([8, 8, 0, 0, -1])
  // Instructions of four bytes each.
  expect(readPcValue(table, 1, 11, 4)).toBe(8)
})

test('the first pair of a table may leave the value at -1', () => {
  expect(readPcValue(Uint8Array.of(0, 5, 2, 1, 0), 0, 4, 1)).toBe(-1)
  expect(readPcValue(Uint8Array.of(0, 5, 2, 1, 0), 0, 5, 1)).toBe(0)
})

test('a table that is cut off gives no value', () => {
  expect(readPcValue(Uint8Array.of(0x80, 0x80, 0x80), 0, 0, 1)).toBe(-1)
  expect(readPcValue(Uint8Array.of(2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), 0, 0, 1)).toBe(-1)
})

/** Lines of `pc function file:line`, several for an instruction of an inlined call. */
function parsePositions(text: string): Map<number, string[]> {
  const positions = new Map<number, string[]>()
  for (const line of text.trim().split('\n')) {
    const [hex, name, position] = line.split('\t')
    const pc = Number.parseInt(hex, 16)
    const calls = positions.get(pc) ?? []
    calls.push(`${shownName(name)} ${position}`)
    positions.set(pc, calls)
  }
  return positions
}

/** Go 1.21 keeps type arguments in Frame.Function, later ones leave them out. */
const shownName = (name: string) => printedName(name).replace(/^panic$/, 'runtime.gopanic')
