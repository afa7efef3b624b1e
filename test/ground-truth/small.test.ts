/** Small values without pointers share slots, and the runtime does not note which: what goheap says of such slots. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TINY_BYTES } from '../../src/extract/go/size-classes.ts'
import { NONE, type ObjectIndex } from '../../src/model/types.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { STRIPS } from '../oracle/strip.ts'
import { because, buildProgram, chooseVersions, crashProgram, missingGo } from '../oracle/toolchain.ts'
import { readTruth, type Truth, type TruthObject } from '../oracle/truth.ts'

const folder = mkdtempSync(join(tmpdir(), 'goheap-small-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const cases = chooseVersions('1.21.13', '1.24.13', '1.27.4').flatMap((version) =>
  (['binary with DWARF', 'stripped binary'] as const).map((build) => ({ version, build })),
)

describe.each(cases)('Go $version, $build', ({ version, build }) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`slots of small values${because(reason)}`, () => {
    let truth: Truth
    let extracted: Extracted
    let slots: Map<ObjectIndex, TruthObject[]>
    beforeAll(async () => {
      const { core, binary, folder: run } = crashProgram(buildProgram('small', version), 'truth')
      const stripped = join(folder, `${version}-stripped`)
      if (build === 'stripped binary') STRIPS['strip --strip-all'](binary, stripped)
      extracted = await extractRun({ core, binary: build === 'stripped binary' ? stripped : binary })
      truth = readTruth(join(run, 'truth'))
      slots = new Map()
      for (const value of truth.objects.values()) {
        const object = extracted.finder.objectAt(value.address)
        if (object === NONE || value.state !== 'live') continue
        slots.set(object, [...(slots.get(object) ?? []), value])
      }
    })

    it('a type is that of every value in the slot that is in use', () => {
      const { objects, types } = extracted.heap
      const wrong: string[] = []
      let [typed, shared] = [0, 0]
      for (const [object, values] of slots) {
        const type = objects.type[object]
        if (type === NONE) continue
        typed++
        if (values.length > 1) shared++
        const { name } = types.rows[type]
        const isRight =
          name === 'tiny block'
            ? values.every(({ bytes }) => bytes < TINY_BYTES)
            : values.every((value) => elementOf(value.type ?? '') === elementOf(name))
        if (!isRight) {
          const held = values.map(({ label, type: is, length }) => `${label}: ${length} x ${is}`)
          wrong.push(`${name} x ${objects.length[object]} has ${held.join(', ')}`)
        }
      }
      console.info(
        `Go ${version}, ${build}: ${typed} of ${slots.size} slots have a type, ${shared} of several values`,
      )
      expect(wrong).toEqual([])
      // Go 1.21 has no malloc headers to begin with when the types of variables are gone.
      if (build === 'stripped binary' && version.startsWith('1.21')) return
      expect(typed).toBeGreaterThan(slots.size / 10)
      expect(shared).toBeGreaterThan(10)
    })
  })
})

/** [3]uint8 are three of uint8. */
const elementOf = (type: string) => type.replace(/^\[\d+\]/, '')
