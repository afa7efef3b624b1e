/**
 * A long hunt for damage that goheap does not stand: indexes copies of cores with seeded cuts, flipped bits and nonsense
 * in the structures that goheap reads, and writes docs/damage.md: npm run hunt -- [--runs 500] [--seed 1] [--only NAME]
 *
 * `--rows FILE` keeps what was found, and names of such files make the page of them. Exit code 1 when a copy ended in anything else
 * than a database or one clear error.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { hunt } from '../test/extract/mutation/hunt.ts'
import { once } from '../test/oracle/cache.ts'
import { delveProgram } from '../test/oracle/delve.ts'
import { STRIPS } from '../test/oracle/strip.ts'
import {
  buildProgram,
  type CrashedRun,
  crashProgram,
  type GoVersion,
  gcoreProgram,
  unpackProgram,
} from '../test/oracle/toolchain.ts'

const PAGE = fileURLToPath(new URL('../docs/damage.md', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    rows: { type: 'string' },
  },
})

const crash = (version: GoVersion, ...flags: string[]) =>
  crashProgram(buildProgram('tiny', version, { flags }))

/** What is damaged, by name. */
const CORES: Record<string, () => { core: string; binary: string }> = {
  'kernel core, Go 1.21': () => crash('1.21.13'),
  'kernel core, Go 1.24': () => crash('1.24.13'),
  'kernel core, Go 1.27': () => crash('1.27.4'),
  'DWARF not compressed, Go 1.21': () => crash('1.21.13', '-ldflags=-compressdwarf=false'),
  'DWARF not compressed, Go 1.27': () => crash('1.27.4', '-ldflags=-compressdwarf=false'),
  'position independent, Go 1.27': () => crash('1.27.4', '-buildmode=pie'),
  'stripped, Go 1.21': () => crash('1.21.13', '-ldflags=-s -w'),
  'stripped, Go 1.27': () => crash('1.27.4', '-ldflags=-s -w'),
  'no section table, Go 1.24': () => withoutSections(crash('1.24.13')),
  'gcore, Go 1.24': () => gcoreProgram(buildProgram('states', '1.24.13'), WAITING, hasCounted),
  'delve, Go 1.27': () => delveProgram(buildProgram('states', '1.27.4'), WAITING, hasCounted),
  'kernel-like core of qemu, arm64': () => unpackProgram('stacks-arm64'),
  'gzip, Go 1.27': () => packed(crash('1.27.4'), 'gz', gzipSync),
  'core of zstd, Go 1.24': () => ({
    ...packed(crash('1.24.13'), 'zst', zstdCompressSync),
    binary: crash('1.24.13').binary,
  }),
  'a larger program, Go 1.21': () => unpackProgram('dumpself-1.21'),
}
const WAITING = ['truth', 'threads', '3', 'wait']
const hasCounted = (folder: string) =>
  readFileSync(join(folder, 'truth'), { encoding: 'utf8', flag: 'a+' }).includes('"HeapAlloc"')

interface Row {
  name: string
  seed: number
  runs: number
  outcomes: [string, number][]
  noticed: number
  slowestMs: number
  defects: string[]
}
const rows = positionals.flatMap((path): Row[] => JSON.parse(readFileSync(path, 'utf8')))
if (positionals.length === 0) await huntAll()
writePage()
if (rows.some(({ defects }) => defects.length > 0)) process.exitCode = 1

async function huntAll(): Promise<void> {
  const [seed, runs] = [Number(values.seed), Number(values.runs)]
  for (const [name, take] of Object.entries(CORES)) {
    if (values.only !== undefined && !values.only.split(';').includes(name)) continue
    const { outcomes, noticed, slowestMs, defects } = await hunt(take(), { seed, runs })
    rows.push({ name, seed, runs, outcomes: [...outcomes], noticed, slowestMs, defects })
    console.error(
      `${name}: ${[...outcomes].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}; slowest ${slowestMs} ms of CPU`,
    )
    for (const defect of defects) console.error(defect)
    if (values.rows !== undefined) writeFileSync(values.rows, JSON.stringify(rows, null, 1))
    else writePage()
  }
}

/** Both files compressed. */
function packed(
  run: CrashedRun,
  name: string,
  compress: (bytes: Uint8Array) => Uint8Array,
): { core: string; binary: string } {
  const folder = once(`${run.folder.split('/').at(-1)}-${name}`, (into) => {
    for (const file of ['core', 'binary'] as const)
      writeFileSync(join(into, file), compress(readFileSync(run[file])))
  })
  return { core: join(folder, 'core'), binary: join(folder, 'binary') }
}

function withoutSections(run: CrashedRun): { core: string; binary: string } {
  const folder = once(`${run.folder.split('/').at(-1)}-sections`, (into) => {
    STRIPS['no section table'](run.binary, join(into, 'binary'))
  })
  return { core: run.core, binary: join(folder, 'binary') }
}

function writePage(): void {
  if (values.rows !== undefined && positionals.length === 0) return
  const total = rows.reduce((sum, { runs }) => sum + runs, 0)
  const defects = rows.reduce((sum, row) => sum + row.defects.length, 0)
  const lines = [
    '# Damaged cores and binaries',
    '',
    'Each copy of a core and its binary was damaged in another way: cut off at any byte, bits flipped, words replaced by others that',
    'counts, sizes and addresses go wrong with; one in eight is cut, the others are hit in the structures that goheap reads (headers,',
    'notes, every section of the binary, its debug information among them, spans, bitmaps, goroutines, stacks, type descriptors, the',
    'runtime’s variables, objects) and anywhere; of compressed files in the head of the stream, in its end and anywhere. Each has to end in a database that SQLite finds intact (with rows in',
    '`problems` where damage is seen), or in one error that says what is wrong: no other exception, no more than 1.5 GB of',
    'memory, no file left behind, two minutes at most.',
    '',
    `Made by \`npm run hunt\`: ${total.toLocaleString('en-US')} damaged copies, ${defects === 0 ? 'none' : defects} of which ended otherwise.`,
    '',
    '| core and binary | seeds | copies | indexed | of these with problems | refused, by reason | slowest, s of CPU | defects |',
    '|---|--:|--:|--:|--:|---|--:|--:|',
  ]
  for (const [name, all] of Map.groupBy(rows, (row) => row.name)) {
    const outcomes = new Map<string, number>()
    for (const [outcome, count] of all.flatMap((row) => row.outcomes))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count)
    const refused = [...outcomes].filter(([outcome]) => outcome !== 'ok').sort((a, b) => b[1] - a[1])
    const sum = (of: (row: Row) => number) => all.reduce((total, row) => total + of(row), 0)
    const cells = [
      name,
      all.map(({ seed }) => seed).join(', '),
      sum(({ runs }) => runs),
      outcomes.get('ok') ?? 0,
      sum(({ noticed }) => noticed),
      refused.map(([outcome, count]) => `${outcome} ${count}`).join(', '),
      (Math.max(...all.map(({ slowestMs }) => slowestMs)) / 1000).toFixed(1),
      sum((row) => row.defects.length),
    ]
    lines.push(`| ${cells.join(' | ')} |`)
  }
  writeFileSync(PAGE, `${lines.join('\n')}\n`)
}
