import { BUILDS, type Build } from '../../test/oracle/builds.ts'
import { IMAGES } from '../../test/oracle/images.ts'
import { GO_VERSIONS, type GoVersion } from '../../test/oracle/toolchain.ts'
import { CAPTURES, type Capture, type Cell, type CellResult, DEBUGGED } from './cells.ts'

type Row = Cell | CellResult

/** Numbers reasons in the order of their first use. */
class Notes {
  readonly #notes: string[] = []

  mark(text: string): string {
    if (!this.#notes.includes(text)) this.#notes.push(text)
    return `<sup>${this.#notes.indexOf(text) + 1}</sup>`
  }

  list(): string[] {
    return this.#notes.map((text, i) => `${i + 1}. ${text}`)
  }
}

/** docs/builds.md from what is known of each cell. */
export function renderPage(rows: readonly Row[]): string {
  const notes = new Notes()
  const minors = GO_VERSIONS.map((version) => version.split('.').slice(0, 2).join('.'))
  const done = rows.filter((row): row is CellResult => 'verdict' in row)
  const green = done.filter(({ verdict }) => verdict === 'green').length
  // What earlier versions of this script have stored does not say it.
  const whole = done.filter(({ capture, leftOut }) => capture !== 'image' && leftOut !== undefined)
  const disturbed = whole.filter(({ leftOut }) => leftOut > 0)
  const earlier = done.filter(({ capture, leftOut }) => capture !== 'image' && leftOut === undefined)
  const tables = [
    table('build', minors, buildRows(rows, notes)),
    table('the plain build’s binary, changed', minors, imageRows(rows, notes)),
  ]
  return [
    '<!-- Written by npm run matrix: edit scripts/matrix/page.ts, not this file. -->',
    '# Builds',
    '',
    'One program is built in every way that Go programs are built, with the last patch of every version. It records what it',
    'allocates and what holds it, and a core of it is taken in each of three ways: by the kernel when it crashes, by gcore and',
    'by delve while it waits. What goheap reads of the core is held against the program’s own record (some 2500 objects: where',
    'they are, their types, the pointers between them, whether they are reachable, what dominates them, how much they retain,',
    'which function and variable holds them) and against the number of objects and bytes that the runtime counts. The size, the',
    'reachability and the retained size of each recorded object are also held against those of the plain build.',
    '',
    `Of ${rows.length} cells, ${done.length} were taken, and ${green} are green. \`npm run matrix\` takes them again: some hours, all of them`,
    'with Go, gcc, gdb, delve and qemu-user.',
    '',
    'A cell has a mark for the crash, and with Go 1.21, 1.24 and 1.27 for gcore and delve. ✓: all agrees. ✗: something does not.',
    '–: there is no such core. ·: not taken yet. Nothing: that build makes sense with other versions only.',
    '',
    ...tables.flatMap((lines) => [...lines, '']),
    ...notes.list(),
    '',
    '## How they are built',
    '',
    ...BUILDS.map(({ name, how }) => `- **${name}**: \`${how}\``),
    ...Object.entries(IMAGES).map(([name, { how }]) => `- **${name}**: \`${how}\``),
    '',
    '## Where figures differ from the plain build’s',
    '',
    ...BUILDS.flatMap(({ name, differing }) =>
      differing === undefined ? [] : [`- **${name}**: ${differing.why}.`],
    ),
    '- In no build compared: loops that were stopped anywhere, of which the collector takes every word of the frame for a',
    '  pointer, so that what else they hold depends on their code; and what holds a value of less than 16 bytes without pointers,',
    '  which shares its slot with whatever was allocated next; and maps of many strings, which fill by a random seed.',
    '- Registers, as a thread was left with them, and words in the frames of stopped loops may point at anything. The collector',
    '  has to take them for pointers, and so does goheap; for the comparison of what dominates and retains what they are left',
    `  out, where they hold anything but the loops’ own objects: in ${disturbed.length} of ${whole.length} cells${countByCapture(disturbed)}.`,
    ...(earlier.length === 0
      ? []
      : [
          `  ${earlier.length} cells were taken before that, and may have compared neither dominators nor retained sizes.`,
        ]),
    '',
  ].join('\n')
}

function countByCapture(rows: readonly CellResult[]): string {
  const counts = CAPTURES.map((capture) => ({
    capture,
    count: rows.filter((row) => row.capture === capture).length,
  }))
  const said = counts.filter(({ count }) => count > 0).map(({ capture, count }) => `${count} by ${capture}`)
  return said.length === 0 ? '' : `: ${said.join(', ')}`
}

function table(title: string, columns: readonly string[], rows: readonly string[][]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line([title, ...columns]), `|---${'|:-:'.repeat(columns.length)}|`, ...rows.map(line)]
}

function buildRows(rows: readonly Row[], notes: Notes): string[][] {
  return BUILDS.map((build) => [
    `${build.name}${build.crashOnly === undefined ? '' : notes.mark(`${build.crashOnly}.`)}`,
    ...GO_VERSIONS.map((version) => {
      const own = rows.filter((row) => row.version === version && row.build === build.name)
      if (own.length === 0) return ''
      const missing = own.find((row) => 'verdict' in row && row.verdict === 'missing')
      if (missing !== undefined) return symbolOf(missing, notes)
      return CAPTURES.map((capture) => markOf(build, version, capture, own, notes))
        .join(' ')
        .trim()
    }),
  ])
}

function markOf(
  build: Build,
  version: GoVersion,
  capture: Capture,
  own: readonly Row[],
  notes: Notes,
): string {
  const row = own.find((candidate) => candidate.capture === capture)
  if (row !== undefined) return symbolOf(row, notes)
  const why = build.without?.[capture]
  return why === undefined || !DEBUGGED.includes(version) ? '' : `–${notes.mark(`${capitalise(why)}.`)}`
}

function imageRows(rows: readonly Row[], notes: Notes): string[][] {
  return Object.keys(IMAGES).map((name) => [
    name,
    ...GO_VERSIONS.map((version) => {
      const row = rows.find((candidate) => candidate.version === version && candidate.build === name)
      return row === undefined ? '·' : symbolOf(row, notes)
    }),
  ])
}

function symbolOf(row: Row, notes: Notes): string {
  if (!('verdict' in row)) return '·'
  const { verdict, lines, problems } = row
  const told = problems.length === 0 ? '' : notes.mark(`goheap reports ${[...new Set(problems)].join(', ')}.`)
  if (verdict === 'green') return `✓${told}`
  if (verdict === 'missing') return `–${notes.mark(`${capitalise(lines[0])}.`)}`
  const said = lines.slice(0, 3).map((line) => line.replaceAll(/\/\S+\//g, ''))
  return `✗${notes.mark(`${said.join('; ')}${lines.length > 3 ? ' ...' : ''}`)}${told}`
}

const capitalise = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
