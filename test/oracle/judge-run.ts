import { join } from 'node:path'
import { analyseGraph } from '../../src/graph/analyse.ts'
import type { Analysis } from '../../src/model/heap-graph.ts'
import { NONE } from '../../src/model/types.ts'
import {
  compareIdoms,
  compareRecordedEdges,
  compareStackRoots,
  compareStates,
  compareTypes,
  heldByRegisters,
} from './compare-truth.ts'
import { reachExactly } from './exact-reach.ts'
import { type Extracted, extractRun } from './extracted.ts'
import type { CrashedRun } from './toolchain.ts'
import { readTruth, type Truth } from './truth.ts'

/** What goheap made of a core, held against what the program itself says. */
export interface Judgement {
  /** What does not agree, a line each. */
  wrong: string[]
  /** Codes of the rows of `problems`. */
  problems: string[]
  /** Recorded objects, and those of them without a type. */
  objects: number
  untyped: number
  /** A register or a word left over from something holds an object: what is retained is not compared. */
  isDisturbed: boolean
  /** By label: what must not depend on the build. */
  figures: Map<string, string>
}

export interface JudgeOptions {
  /** Names of variables are not asked. */
  isStripped?: boolean
  /** A loop that was stopped in C code is held by the whole stack of its goroutine. */
  callsC?: boolean
}

export async function judgeRun(
  run: Pick<CrashedRun, 'core' | 'binary' | 'folder'>,
  { isStripped = false, callsC = false }: JudgeOptions = {},
): Promise<Judgement> {
  const truth = readTruth(join(run.folder, 'truth'))
  const extracted = await extractRun(run)
  try {
    const { heap } = extracted
    const analysis = analyseGraph(heap.graph)
    const bytes = heap.graph.size.reduce((sum, size) => sum + size, 0)
    const idoms = compareIdoms(truth, extracted, analysis)
    const stacks = compareStackRoots(truth, extracted)
    const types = compareTypes(truth, extracted)
    // Then what is retained by its holders is not what the program meant them to.
    const loops = [...truth.objects.values()].filter(({ label }) => label.startsWith('threads/'))
    const ofLoops = new Set(loops.map(({ address }) => extracted.finder.objectAt(address)))
    const kept = keptByChance(truth, extracted, analysis)
    const isDisturbed =
      kept.size > 0 ||
      [...heldByRegisters(extracted)].some((object) => !ofLoops.has(object) && analysis.idom[object] === NONE)
    const isNamed = (line: string) => !isStripped || !/, not global /.test(line)
    const isInGo = (line: string) =>
      !callsC ||
      !/^threads\/(tight|calling) loop( \d+)?: .* by goroutine \d+ \[running\] \S+ \[stack\]/.test(line)
    // A thread that waits may have a pointer left over in a register, from any goroutine that it ran.
    const inRegisters = idoms.inRegisters.length < 5 ? [] : idoms.inRegisters
    const wrong = [
      ...differ('objects', heap.objects.count, truth.facts.get('HeapObjects')),
      ...differ('bytes', bytes, truth.facts.get('HeapAlloc')),
      ...compareStates(truth, extracted, analysis).filter((line) => !kept.has(line.split(' (0x')[0])),
      ...compareRecordedEdges(truth, extracted),
      ...(isDisturbed ? [] : idoms.wrong.filter(isNamed)),
      ...inRegisters.map((label) => `${label}: held by a register`),
      ...stacks.holders.filter(isInGo),
      ...(isStripped ? [] : stacks.names),
      ...types.wrong,
      // Its only holder is a slice from its middle that does not show all there is: body[2900:2910:2920] of 3000.
      ...types.partial.filter((label) => label !== 'slices/body').map((label) => `${label}: too short`),
    ]
    return {
      wrong,
      problems: heap.problems.map(({ code }) => code),
      objects: types.count,
      untyped: types.unknown.length,
      isDisturbed,
      figures: new Map([...figuresOf(truth, extracted, analysis)].filter(([label]) => !kept.has(label))),
    }
  } finally {
    extracted.core.close()
  }
}

/**
 * Labels of garbage that is reachable by nothing but words that the collector takes for pointers where it has no stack
 * map: a loop that was stopped anywhere has old pointers in its frame and registers.
 */
function keptByChance(truth: Truth, extracted: Extracted, { reachable }: Analysis): Set<string> {
  const exact = reachExactly(extracted)
  const labels = new Set<string>()
  for (const { label, address, state } of truth.objects.values()) {
    const object = extracted.finder.objectAt(address)
    if (state === 'garbage' && object !== NONE && reachable[object] === 1 && exact[object] === 0)
      labels.add(label)
  }
  return labels
}

const differ = (what: string, found: number, expected: number | undefined) =>
  found === expected ? [] : [`${found} ${what}, the runtime counts ${expected}`]

/** What is the same in every build of a program: the figures of the objects that it made itself. */
function figuresOf(truth: Truth, { heap, finder }: Extracted, analysis: Analysis): Map<string, string> {
  const figures = new Map<string, string>()
  for (const { label, address, state } of truth.objects.values()) {
    const object = finder.objectAt(address)
    if (object === NONE || state === 'freed') continue
    const { size } = heap.graph
    const retained = `${analysis.retainedSize[object]} bytes in ${analysis.retainedCount[object]}`
    figures.set(label, `size ${size[object]}, reachable ${analysis.reachable[object]}, retains ${retained}`)
  }
  return figures
}

/**
 * Of no build: loops that were stopped anywhere, the frames of which are scanned as if every word were a pointer; what
 * holds a small value without pointers, which shares its slot with whatever is allocated next; and maps, which fill by a
 * random seed.
 */
const BY_CHANCE = /^(threads\/(tight|calling) loop|interfaces\/shapes$|sizes\/tiny|maps\/string map)/

/** Figures that two builds have differently, a line each; not those of labels that match `differing`. */
export function compareFigures(plain: Judgement, other: Judgement, differing?: RegExp): string[] {
  const lines: string[] = []
  const but = plain.isDisturbed || other.isDisturbed ? /, retains .*/ : ''
  for (const [label, figures] of plain.figures) {
    const found = other.figures.get(label)
    if (BY_CHANCE.test(label) || differing?.test(label)) continue
    const isSame = found?.replace(but, '') === figures.replace(but, '')
    if (found !== undefined && !isSame) lines.push(`${label}: ${found}; plain: ${figures}`)
  }
  return lines
}
