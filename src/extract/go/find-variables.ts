import type { GoArch } from '../file/core.ts'
import type { AddressRange } from '../file/extents.ts'
import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import { dataReferences } from './code-references.ts'
import type { LayoutPart } from './layout-table.ts'
import type { ModuleData } from './moduledata.ts'
import type { GoFunction, Pclntab } from './pclntab.ts'

/**
 * How variables are found in a program without symbols: by the code that uses them.
 *
 * A layout table has, for some functions of the runtime, what their code refers to in its order: `work+48 gcphase+0 @0+8`
 * is a place in runtime.work, then runtime.gcphase, then a variable that nothing asks for. A function of the program
 * with the same name says where these variables are when its references agree with that in number and in all distances.
 * A place counts when two functions at least say the same (or a long one does), and hardly any another.
 */

/** One reference: `label` is the name of a variable without its package, or @ and a number. */
export interface Reference {
  label: string
  offset: number
}

export const formatReferences = (references: readonly Reference[]) =>
  references.map(({ label, offset }) => (offset === 0 ? label : `${label}+${offset}`)).join(' ')

export function parseReferences(text: string): Reference[] {
  return text.split(' ').map((word) => {
    const plus = word.indexOf('+')
    return plus < 0
      ? { label: word, offset: 0 }
      : { label: word.slice(0, plus), offset: Number(word.slice(plus + 1)) }
  })
}

/** Of a label that stands for a variable that nothing asks for. */
export const ANONYMOUS = '@'
/** Functions larger than this are assembled tables and the like. */
const MAX_CODE_BYTES = 1 << 20

/** So many that all agree do not agree by chance. */
const MANY_REFERENCES = 4

/** What is known of a variable's place. */
export interface FoundVariable {
  address: number
  /** Functions that say so, and those that say otherwise. Long ones count twice. */
  votes: number
  against: number
}

/** What the code of a program needs to be read. */
export interface ProgramCode {
  arch: GoArch
  memory: Memory
  pclntab: Pclntab
  /** Where its variables are. */
  data: readonly AddressRange[]
}

export function dataRanges({
  noptrdata,
  enoptrdata,
  data,
  edata,
  bss,
  ebss,
  noptrbss,
  enoptrbss,
  address,
}: ModuleData): AddressRange[] {
  const start = Math.min(noptrdata, data, bss, noptrbss)
  const end = Math.max(enoptrdata, edata, ebss, enoptrbss)
  const range = { address: start, size: end - start }
  // Since Go 1.26 runtime.firstmoduledata is in a section of its own.
  return address >= start && address < end ? [range] : [range, { address, size: 8 }]
}

/** Every variable of the table's references that most functions agree on, by full name. */
export function findVariables(
  program: ProgramCode,
  parts: readonly LayoutPart[],
): Map<string, FoundVariable> {
  const expected = new Map<string, string>()
  for (const { references } of parts) {
    for (const [name, text] of Object.entries(references)) if (!expected.has(name)) expected.set(name, text)
  }
  const votes = new Map<string, Map<number, number>>()
  for (const [name, fn] of functionsByName(program.pclntab, expected)) {
    const text = expected.get(name)
    if (fn === undefined || text === undefined) continue
    for (const [label, address] of matchReferences(parseReferences(text), readReferences(program, fn))) {
      if (label.startsWith(ANONYMOUS)) continue
      const variable = `runtime.${label}`
      const places = votes.get(variable) ?? new Map<number, number>()
      places.set(address, (places.get(address) ?? 0) + (text.split(' ').length < MANY_REFERENCES ? 1 : 2))
      votes.set(variable, places)
    }
  }
  const found = new Map<string, FoundVariable>()
  for (const [variable, places] of votes) {
    const [[address, count], ...others] = [...places].sort((a, b) => b[1] - a[1])
    const against = others.reduce((sum, [, n]) => sum + n, 0)
    found.set(variable, { address, votes: count, against })
  }
  return found
}

/** undefined: several functions have that name, as an assembly function and its wrapper do. */
export function functionsByName(
  pclntab: Pclntab,
  wanted: { has(name: string): boolean },
): Map<string, GoFunction | undefined> {
  const found = new Map<string, GoFunction | undefined>()
  for (const fn of pclntab.functions()) {
    if (wanted.has(fn.name)) found.set(fn.name, found.has(fn.name) ? undefined : fn)
  }
  return found
}

/** What the code of a function refers to; empty when it cannot be read. */
export function readReferences({ arch, memory, data }: ProgramCode, { entry, end }: GoFunction): number[] {
  if (end - entry > MAX_CODE_BYTES) return []
  const code = readable(() => memory.readBytes(entry, end - entry))
  return code === undefined ? [] : dataReferences(arch, code, entry, data)
}

/**
 * Address by label; empty when the references are not those expected. One more than expected may be bytes that only look
 * like a reference: then it counts what all ways of leaving one out agree on.
 */
export function matchReferences(
  expected: readonly Reference[],
  targets: readonly number[],
): ReadonlyMap<string, number> {
  if (expected.length === targets.length) return basesOf(expected, targets) ?? new Map()
  if (expected.length + 1 !== targets.length || expected.length < MANY_REFERENCES) return new Map()
  const ways = targets
    .map((_, i) => basesOf(expected, targets.toSpliced(i, 1)))
    .filter((bases) => bases !== undefined)
  const [first = new Map<string, number>()] = ways
  return new Map([...first].filter(([label, address]) => ways.every((bases) => bases.get(label) === address)))
}

/** undefined when the distances do not agree. */
function basesOf(
  expected: readonly Reference[],
  targets: readonly number[],
): Map<string, number> | undefined {
  const bases = new Map<string, number>()
  for (const [i, { label, offset }] of expected.entries()) {
    const base = targets[i] - offset
    const known = bases.get(label)
    if (known !== undefined && known !== base) return undefined
    bases.set(label, base)
  }
  // Two variables are at two places.
  return new Set(bases.values()).size === bases.size ? bases : undefined
}
