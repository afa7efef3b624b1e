import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUILDS, type Build, findBuild, isTakenWith } from '../../test/oracle/builds.ts'
import { compareTypesOf, differingParts } from '../../test/oracle/compare-heaps.ts'
import { delveProgram, missingDelve } from '../../test/oracle/delve.ts'
import { extractRun } from '../../test/oracle/extracted.ts'
import { IMAGES, imagePath } from '../../test/oracle/images.ts'
import { compareFigures, type Judgement, judgeRun } from '../../test/oracle/judge-run.ts'
import {
  type CrashedRun,
  crashProgram,
  GO_VERSIONS,
  type GoVersion,
  gcoreProgram,
  missingGcore,
} from '../../test/oracle/toolchain.ts'

export const CAPTURES = ['crash', 'gcore', 'delve'] as const
export type Capture = (typeof CAPTURES)[number]

/** A core of a build with its binary; or, for an image, the plain build's core with another form of its binary. */
export interface Cell {
  version: GoVersion
  /** Name of a Build, or of an Image. */
  build: string
  capture: Capture | 'image'
}

export interface CellResult extends Cell {
  verdict: 'green' | 'wrong' | 'failed' | 'missing'
  /** What is wrong, or why there is no core. */
  lines: readonly string[]
  /** Codes of problems that goheap reports, but for `stripped`. */
  problems: readonly string[]
  /** See Judgement. */
  leftOut: number
}

export function listCells(): Cell[] {
  return GO_VERSIONS.flatMap((version): Cell[] => [
    ...Object.keys(IMAGES).map((build): Cell => ({ version, build, capture: 'image' })),
    ...BUILDS.filter((build) => isTakenWith(build, version)).flatMap((build) =>
      capturesOf(build, version).map((capture): Cell => ({ version, build: build.name, capture })),
    ),
  ])
}

/** Versions with which debuggers take cores too. */
export const DEBUGGED: readonly GoVersion[] = ['1.21.13', '1.24.13', '1.27.4']

const capturesOf = (build: Build, version: GoVersion): readonly Capture[] =>
  CAPTURES.filter((capture) => {
    if (capture === 'crash') return true
    return (
      build.crashOnly === undefined && DEBUGGED.includes(version) && build.without?.[capture] === undefined
    )
  })

const FOLDER = join(tmpdir(), 'goheap-matrix')
const resultPath = ({ version, build, capture }: Cell) =>
  join(FOLDER, `${version} ${build} ${capture}.json`.replaceAll(/[^\w.-]+/g, '_'))

/** What an earlier run has found; undefined when none has looked. */
export function storedResult(cell: Cell): CellResult | undefined {
  const path = resultPath(cell)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as CellResult) : undefined
}

export function storeResult(result: CellResult): void {
  mkdirSync(FOLDER, { recursive: true })
  const path = resultPath(result)
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(result))
  renameSync(`${path}.${process.pid}`, path)
}

export async function runCell(cell: Cell): Promise<CellResult> {
  try {
    return cell.capture === 'image' ? await runImage(cell) : await runBuild(cell, cell.capture)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { ...cell, verdict: 'failed', lines: message.split('\n').slice(0, 20), ...NOTHING }
  }
}

const NOTHING = { problems: [], leftOut: 0 }

const missingCapture: Record<Capture, () => string | undefined> = {
  crash: () => undefined,
  gcore: missingGcore,
  delve: missingDelve,
}

async function runBuild(cell: Cell, capture: Capture): Promise<CellResult> {
  const build = findBuild(cell.build)
  const reason = build.missing?.() ?? missingCapture[capture]()
  if (reason !== undefined) return { ...cell, verdict: 'missing', lines: [reason], ...NOTHING }
  const plain = await judgePlain(cell.version)
  const run = take(build, cell.version, capture)
  const judgement = await judgeRun(run, { ...build, goesOn: capture !== 'crash' })
  const lines = [...judgement.wrong, ...compareFigures(plain, judgement, build.differing?.labels)]
  // Cores are large. What does not agree is kept, to be looked at.
  if (lines.length > 0) console.error(run.core, run.binary)
  else if (capture !== 'crash') rmSync(run.folder, { recursive: true, force: true })
  return resultOf(cell, lines, { codes: judgement.problems, leftOut: judgement.leftOut })
}

function take(build: Build, version: GoVersion, capture: Capture): CrashedRun {
  const program = build.make(version)
  if (capture === 'crash') return crashProgram(program, 'truth', 'crash')
  return (capture === 'gcore' ? gcoreProgram : delveProgram)(program, ['truth', 'park'], isWaiting)
}

const isWaiting = (folder: string) =>
  readFileSync(join(folder, 'truth'), { encoding: 'utf8', flag: 'a+' }).includes('"HeapAlloc"')

const plainRun = (version: GoVersion) => take(findBuild('plain'), version, 'crash')

const judged = new Map<GoVersion, Promise<Judgement>>()

function judgePlain(version: GoVersion): Promise<Judgement> {
  const known = judged.get(version) ?? judgeRun(plainRun(version))
  judged.set(version, known)
  return known
}

async function runImage(cell: Cell): Promise<CellResult> {
  const run = plainRun(cell.version)
  const { make, isStripped } = IMAGES[cell.build]
  const folder = mkdtempSync(join(tmpdir(), 'goheap-image-'))
  try {
    const binary = imagePath(folder, cell.build)
    make(run.binary, binary)
    const [full, other] = [await extractRun(run), await extractRun({ core: run.core, binary })]
    const types = compareTypesOf(full.heap, other.heap)
    const names = (heap: typeof full.heap) => heap.roots.name.join('\n')
    const lines = [
      ...differingParts(full.heap, other.heap).map((part) => `${part} differ`),
      // Of a slot that small values share, fewer pointers with a type may tell of one of them alone.
      ...types.differing.filter((line) => !/^(unknown|tiny block) -> .*, 16 bytes\)/.test(line)),
      ...(isStripped || types.typedInOther === types.typed ? [] : ['fewer objects have a type']),
      ...(isStripped || names(full.heap) === names(other.heap) ? [] : ['names of roots differ']),
    ]
    full.core.close()
    other.core.close()
    const codes = other.heap.problems.map(({ code }) => code)
    return resultOf(cell, lines, { codes, leftOut: 0 })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function resultOf(
  cell: Cell,
  lines: readonly string[],
  { codes, leftOut }: { codes: readonly string[]; leftOut: number },
): CellResult {
  const isStripped = (IMAGES[cell.build] ?? findBuild(cell.build)).isStripped ?? false
  const problems = codes.filter((code) => !(isStripped && code === 'stripped'))
  const verdict = lines.length === 0 ? 'green' : 'wrong'
  return { ...cell, verdict, lines: lines.slice(0, 50), problems, leftOut }
}
