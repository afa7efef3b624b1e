import { beforeAll, describe, expect, it } from 'vitest'
import type { Dwarf } from '../../../src/extract/dwarf/dwarf.ts'
import { openDwarf } from '../../../src/extract/dwarf/open.ts'
import { openElf } from '../../../src/extract/file/elf.ts'
import { dwarfLayouts } from '../../../src/extract/go/dwarf-layouts.ts'
import { cpuMs } from '../../oracle/cpu.ts'
import { because, buildProgram, missingC, missingGo } from '../../oracle/toolchain.ts'

const SEED = 20_260_801
const NAMES = ['info', 'abbrev', 'str', 'line_str', 'addr', 'loc', 'loclists', 'ranges', 'rnglists']

/** Bytes of the units that are damaged again and again; all of the binary's are so in fewer rounds. */
const SAMPLE_BYTES = 40_000
const LARGEST_SAMPLED = 12_000
const ROUNDS = { sample: 3000, whole: 100 }
/** Of CPU: far more than a round takes. */
const ROUND_MS = 5000

/** xorshift32 */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** Asks for everything there is, and returns how much it was. */
function readAll(dwarf: Dwarf): number {
  let count = dwarf.globals.length + dwarf.constants.size
  for (const type of dwarf.types) {
    count += type.members.length + (type.length ?? 0) + (dwarf.types[type.type]?.name.length ?? 0)
    count += (type.element >= 0 ? 1 : 0) + (type.key >= 0 ? 1 : 0)
  }
  const { lowPcs, highPcs } = dwarf.functions
  const step = Math.ceil(lowPcs.length / 30)
  for (let row = 0; row < lowPcs.length; row += step) {
    const middle = Math.floor((lowPcs[row] + highPcs[row]) / 2)
    count += dwarf.functionAt(middle)?.name.length ?? 0
    count +=
      dwarf.variablesAt(middle).length + dwarf.inlinedAt(middle).length + dwarf.capturedBy(lowPcs[row]).length
  }
  return count
}

function readLayouts(dwarf: Dwarf): void {
  const layouts = dwarfLayouts(dwarf, 0)
  for (const name of dwarf.typesByName.keys()) {
    if (!layouts.hasStruct(name)) continue
    const struct = layouts.struct(name)
    struct.has('a.b')
    const [first] = dwarf.types[dwarf.typesByName.get(name) ?? 0].members
    if (first !== undefined && struct.has(first.name)) expect(struct.offset(first.name)).toBeTypeOf('number')
  }
}

describe.each(['1.21.13', '1.27.4'] as const)('Go %s with C', (version) => {
  const reason = missingGo(version) ?? missingC()
  describe.skipIf(reason)(`damaged sections${because(reason)}`, () => {
    const whole = new Map<string, Uint8Array>()
    beforeAll(() => {
      const elf = openElf(buildProgram('cgomix', version, { cgo: true }))
      for (const name of NAMES) {
        const bytes = elf.sectionBytes(`.debug_${name}`)
        if (bytes) whole.set(`.debug_${name}`, bytes)
      }
      elf.close()
    })

    it.each(['sample', 'whole'] as const)(`never throw and never hang: %s, seed ${SEED}`, (part) => {
      const sections = new Map(whole)
      const info = whole.get('.debug_info') ?? new Uint8Array()
      if (part === 'sample') sections.set('.debug_info', sampleUnits(info))
      expect(readAll(openDwarf({ sectionBytes: (name) => sections.get(name) }))).toBeGreaterThan(1000)
      const { noticed, slowestMs } = damage(sections, ROUNDS[part])
      // What is not noticed changes a name or a number.
      expect(noticed).toBeGreaterThan(ROUNDS[part] / 5)
      expect(slowestMs).toBeLessThan(ROUND_MS)
    })
  })
})

/** Reads everything out of sections with flipped bits and cut ends. Any error at all fails. */
function damage(
  sections: ReadonlyMap<string, Uint8Array>,
  rounds: number,
): { noticed: number; slowestMs: number } {
  const random = randomFrom(SEED)
  const names = [...sections.keys()]
  let noticed = 0
  let slowestMs = 0
  for (let round = 0; round < rounds; round++) {
    // .debug_info and .debug_abbrev steer everything: they are hit more often than the others.
    const name = random(3) > 0 ? names[random(2)] : names[random(names.length)]
    // Not slice(): a Buffer's shares its memory.
    const bytes = new Uint8Array(sections.get(name) ?? [])
    const flips = 1 + random(8)
    for (let i = 0; i < flips; i++) bytes[random(bytes.length)] ^= 1 << random(8)
    const cut = random(10) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
    const started = cpuMs()
    try {
      const dwarf = openDwarf({ sectionBytes: (asked) => (asked === name ? cut : sections.get(asked)) })
      readAll(dwarf)
      if (round % 10 === 0) readLayouts(dwarf)
      if (dwarf.warnings.length > 0) noticed++
    } catch (error) {
      throw new Error(`round ${round}: ${name}`, { cause: error })
    }
    slowestMs = Math.max(slowestMs, cpuMs() - started)
  }
  return { noticed, slowestMs }
}

/** Small units from the end, where those of C are, and from the start of .debug_info. */
function sampleUnits(info: Uint8Array): Uint8Array {
  const view = new DataView(info.buffer, info.byteOffset, info.byteLength)
  const units: Uint8Array[] = []
  for (let at = 0; at < info.length; ) {
    const end = at + 4 + view.getUint32(at, true)
    if (end - at <= LARGEST_SAMPLED) units.push(info.subarray(at, end))
    at = end
  }
  const sampled: Uint8Array[] = []
  let bytes = 0
  while (units.length > 0 && bytes < SAMPLE_BYTES) {
    const unit = sampled.length % 2 === 0 ? units.pop() : units.shift()
    if (unit === undefined) break
    sampled.push(unit)
    bytes += unit.length
  }
  return Uint8Array.from(Buffer.concat(sampled))
}
