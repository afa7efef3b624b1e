/**
 * Takes cores of programs in every state of test/states, indexes each with the command, holds it against the program's
 * own record, and writes docs/states.md: npm run states -- [--versions 1.21.13,1.27.4] [--draws 3] [--seed 1]
 * `--only NAME,...` takes some states; `--rows FILE` keeps what was found, and names of such files make the page of them.
 *
 * Places in the runtime are stopped at by gdb as often as `draws` says for each version, each time after another number of
 * passes and instructions, which the seed gives. Exit code 1 when anything does not hold.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeRandom } from '../test/extract/mutation/draw.ts'
import { stopProgram } from '../test/oracle/gdb.ts'
import { buildProgram, type CrashedRun, GO_VERSIONS, type GoVersion } from '../test/oracle/toolchain.ts'
import { type Checked, checkRun } from '../test/states/check-run.ts'
import { STATES } from '../test/states/states.ts'
import { placesOf, STOPS } from '../test/states/stops.ts'

const PAGE = fileURLToPath(new URL('../docs/states.md', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    versions: { type: 'string', default: '1.21.13,1.24.13,1.27.4' },
    draws: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    rows: { type: 'string' },
  },
})
const versions = values.versions.split(',').map((name) => {
  const version = GO_VERSIONS.find((known) => known === name)
  if (version === undefined) throw new Error(`${name} is none of ${GO_VERSIONS.join(', ')}`)
  return version
})

/** A core, or why there is none. */
interface Row {
  state: string
  what: string
  version: GoVersion
  by: string
  checked: Checked | undefined
  failure: string | undefined
}
const rows: Row[] = positionals.flatMap((path): Row[] => JSON.parse(readFileSync(path, 'utf8')))
const random = makeRandom(Number(values.seed))

if (positionals.length === 0) runAll()
else writePage()

function runAll(): void {
  const isAsked = ({ name }: { name: string }) => values.only?.split(',').includes(name) ?? true
  for (const state of STOPS.filter(isAsked)) {
    for (const version of versions) {
      for (let draw = 0; draw < Number(values.draws); draw++) {
        const stop = {
          at: placesOf(state, version),
          skip: random(state.mostSkips),
          steps: random(state.mostSteps),
        }
        const take = () => stopProgram(buildProgram('states', version), ['truth', state.mode], stop)
        run({ state: state.name, what: state.what, version, by: 'gdb' }, take, false)
      }
    }
  }
  for (const { name: state, what, by, capture, isCounted } of STATES.filter(isAsked)) {
    for (const version of versions) run({ state, what, version, by }, () => capture(version), isCounted)
  }
}
if (rows.some((row) => !isSound(row))) process.exitCode = 1

function run(
  about: Pick<Row, 'state' | 'what' | 'version' | 'by'>,
  take: () => CrashedRun,
  isCounted: boolean,
): void {
  const scratch = mkdtempSync(join(tmpdir(), 'goheap-states-'))
  const row: Row = { ...about, checked: undefined, failure: undefined }
  rows.push(row)
  try {
    const taken = take()
    row.checked = checkRun(taken, scratch, { isCounted, goesOn: about.by === 'gcore' })
    // Cores are large. What does not hold is kept, to be looked at.
    if (isSound(row)) rmSync(taken.folder, { recursive: true, force: true })
    else console.error(taken.folder)
  } catch (error) {
    row.failure = String(error)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  console.error(`${about.version} ${about.state}: ${row.failure ?? describe(row)}`)
  for (const line of row.checked?.wrong.slice(0, 5) ?? []) console.error(`  ${line}`)
  if (values.rows === undefined) writePage()
  else writeFileSync(values.rows, JSON.stringify(rows, null, 1))
}

function isSound({ checked, failure }: Row): boolean {
  const isLost = checked?.problems.some(({ severity }) => severity === 'error') ?? false
  return failure === undefined && checked?.wrong.length === 0 && !isLost
}

function describe({ checked }: Row): string {
  if (checked === undefined) return 'no core'
  const { objects, recorded, seconds, peakMiB, wrong, problems } = checked
  const peak = peakMiB === undefined ? '' : `, ${Math.round(peakMiB)} MiB`
  const said = problems.map(({ code, count }) => `${code} ${count}`).join(', ')
  return `${objects} objects, ${recorded} recorded, ${seconds.toFixed(1)} s${peak}, ${wrong.length} wrong; ${said}`
}

function writePage(): void {
  const order = [...STOPS, ...STATES].map(({ name }) => name)
  rows.sort(
    (a, b) =>
      order.indexOf(a.state) - order.indexOf(b.state) ||
      (a.version < b.version ? -1 : a.version > b.version ? 1 : 0),
  )
  const lines = [
    '# States of a process',
    '',
    'A core shows a process at one moment, and the moment may be any. Here programs are stopped in the midst of what the Go',
    'runtime does, and in other states in which a core is unlike that of a program that stands still. Each core was indexed',
    'with `goheap index` and held against what its program had written down before: every recorded object is there and',
    'reachable, pointers lead where they were recorded to lead, frames hold what their variables hold, and values of maps have their',
    'keys; where the program had counted its heap (`runtime.MemStats`), objects and bytes are those to the last one. `goheap verify`',
    'holds each database against its core.',
    '',
    `Made by \`npm run states\`: ${rows.length} cores, of which ${rows.filter(isSound).length} hold.`,
    '',
    '| state | Go | cores | objects | recorded | goroutines | most MiB | does not hold | problems |',
    '|---|---|--:|--:|--:|--:|--:|--:|---|',
  ]
  for (const [, all] of Map.groupBy(rows, ({ state, version }) => `${state} ${version}`)) {
    const checked = all.flatMap((row) => (row.checked === undefined ? [] : [row.checked]))
    const range = (of: (row: Checked) => number) => {
      const sorted = checked.map(of).toSorted((a, b) => a - b)
      const [low, high] = [sorted[0] ?? 0, sorted.at(-1) ?? 0].map((value) => value.toLocaleString('en-US'))
      return low === high ? low : `${low} - ${high}`
    }
    const peak = Math.max(0, ...checked.map(({ peakMiB }) => Math.ceil(peakMiB ?? 0)))
    const problems = new Set(
      checked.flatMap((row) => row.problems.map(({ severity, code }) => `${code} (${severity})`)),
    )
    const failures = all.filter((row) => !isSound(row)).length
    const cells = [
      all[0].state,
      all[0].version,
      `${all.length}`,
      range((row) => row.objects),
      range((row) => row.recorded),
      range((row) => row.goroutines),
      peak.toLocaleString('en-US'),
      `${failures}`,
      [...problems].sort().join(', '),
    ]
    lines.push(`| ${cells.join(' | ')} |`)
  }
  lines.push('', '| state | what | core by |', '|---|---|---|')
  for (const [state, [row]] of Map.groupBy(rows, ({ state }) => state)) {
    lines.push(`| ${state} | ${row.what} | ${row.by} |`)
  }
  writeFileSync(PAGE, `${lines.join('\n')}\n`)
}
