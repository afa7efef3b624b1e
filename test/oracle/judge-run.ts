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
} from './compare-truth.ts'
import { type Extracted, extractRun } from './extracted.ts'
import { compareHeapCounts } from './heap-counts.ts'
import { withoutLeftovers } from './leftovers.ts'
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
  /** Words by chance in registers and in frames of stopped loops, which hold nothing here: see withoutLeftovers. */
  leftOut: number
  /** By label: what must not depend on the build. */
  figures: Map<string, string>
}

export interface JudgeOptions {
  /** Names of variables are not asked. */
  isStripped?: boolean
  /** A loop that was stopped in C code is held by the whole stack of its goroutine. */
  callsC?: boolean
  /** The core is of a program that only waited. */
  goesOn?: boolean
}

export async function judgeRun(
  run: Pick<CrashedRun, 'core' | 'binary' | 'folder'>,
  { isStripped = false, callsC = false, goesOn = false }: JudgeOptions = {},
): Promise<Judgement> {
  const truth = readTruth(join(run.folder, 'truth'))
  const extracted = await extractRun(run)
  try {
    const { heap } = extracted
    const { graph, leftOut } = withoutLeftovers(truth, extracted)
    const analysis = analyseGraph(graph)
    const idoms = compareIdoms(truth, extracted, analysis)
    const stacks = compareStackRoots(truth, extracted)
    const types = compareTypes(truth, extracted)
    const isNamed = (line: string) => !isStripped || !/, not global /.test(line)
    const isInGo = (line: string) =>
      !callsC ||
      !/^threads\/(tight|calling) loop( \d+)?: .* by goroutine \d+ \[running\] \S+ \[stack\]/.test(line)
    const wrong = [
      ...compareHeapCounts(truth, extracted, { goesOn }),
      ...compareStates(truth, extracted, analysis),
      ...compareRecordedEdges(truth, extracted),
      ...idoms.wrong.filter(isNamed),
      ...idoms.inRegisters.map((label) => `${label}: held by a register`),
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
      leftOut,
      figures: figuresOf(truth, extracted, analysis),
    }
  } finally {
    extracted.core.close()
  }
}

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
  for (const [label, figures] of plain.figures) {
    const found = other.figures.get(label)
    if (BY_CHANCE.test(label) || differing?.test(label)) continue
    if (found !== undefined && found !== figures) lines.push(`${label}: ${found}; plain: ${figures}`)
  }
  return lines
}
