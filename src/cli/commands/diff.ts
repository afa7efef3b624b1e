import { type Command, Option } from 'commander'
import type { Aspect } from '../../answers/diff/aspects.ts'
import { GoheapError } from '../../errors.ts'
import type { Delta, ObjectDelta } from '../../schema/delta-file.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { parsePositive } from '../arguments.ts'
import type { Output } from '../output.ts'
import { showControls } from '../render/text.ts'
import { chooseFormat, type FormatOptions } from '../run-query.ts'
import { openOutput, writeRows } from '../write-rows.ts'

/** As in answers/diff/aspects.ts, which help does not load. */
const ASPECTS: readonly Aspect[] = ['path', 'type', 'package', 'module', 'root', 'goroutine']

interface DiffOptions extends FormatOptions {
  by?: Aspect | 'object'
  limit: number
  output?: string
  force?: true
}

export function defineDiff(program: Command): void {
  program
    .command('diff')
    .description('what differs between heaps; of more than two, what grows in every one')
    .argument('<heap.db...>', 'databases that goheap index wrote, the oldest first')
    .addOption(
      new Option(
        '--by <aspect>',
        'only this: dominator paths of types, types, ...; object: of two moments of one process, by address',
      ).choices([...ASPECTS, 'object']),
    )
    .option('-n, --limit <rows>', 'rows to show of each', parsePositive, 10)
    .option('-o, --output <delta.db>', 'write all of it as a database')
    .option('-f, --force', 'replace that database if it exists')
    .option('--json', 'an array of objects, all rows, exact numbers')
    .option('--csv', 'comma-separated, all rows, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap diff monday.db tuesday.db
  $ goheap diff v1.db v2.db --by type --json
  $ goheap diff 1.db 2.db 3.db -o delta.db && sqlite3 delta.db 'SELECT * FROM deltas'`,
    )
    .action(diffHeaps)
}

async function diffHeaps(paths: string[], options: DiffOptions): Promise<void> {
  const format = chooseFormat(options)
  if (paths.length < 2) throw new GoheapError('usage', 'give two databases or more')
  const [{ HeapDb }, { compareHeaps }, { compareObjects, isSameProcess }] = await Promise.all([
    import('../../schema/heap-db.ts'),
    import('../../answers/diff/compare.ts'),
    import('../../answers/diff/objects.ts'),
  ])
  const { by, limit, force = false } = options
  const dbs: HeapDb[] = []
  try {
    for (const path of paths) dbs.push(HeapDb.open(path))
    if (options.output !== undefined) {
      const { OutputFile } = await import('../../schema/output-file.ts')
      // What is wrong with the output is better said before the work.
      new OutputFile(options.output, { force, inputs: paths }).discard()
    }
    const isOneProcess = dbs.length === 2 && isSameProcess(dbs[0], dbs[1])
    if (by === 'object' && !isOneProcess)
      throw new GoheapError('usage', '--by object is for two heaps that are known to be of one process')
    const deltas = by === 'object' ? [] : compareHeaps(dbs, by === undefined ? ASPECTS : [by])
    const isOfObjects = by === undefined || by === 'object'
    const objects = isOneProcess && isOfObjects ? compareObjects(dbs[0], dbs[1]) : undefined
    if (options.output !== undefined) {
      const { writeComparison } = await import('../../schema/delta-file.ts')
      writeComparison(options.output, { paths, deltas, objects }, { force })
    }
    const output = await openOutput()
    if (format === 'table') await writeSections(output, { deltas, objects, dbs }, limit)
    else if (by === 'object') await writeRows(output, objects ?? [], ALL_OBJECT_COLUMNS, format)
    else await writeRows(output, deltas, ALL_COLUMNS, format)
  } finally {
    for (const db of dbs) db.close()
  }
}

const ALL_COLUMNS = {
  ...{ aspect: '-', name: '-', state: '-', old_count: 'count?', new_count: 'count?', count_delta: 'count?' },
  ...{ old_size: 'bytes?', new_size: 'bytes?', size_delta: 'bytes?' },
  ...{ old_retained: 'bytes?', new_retained: 'bytes?', retained_delta: 'bytes?', example_id: 'node' },
}
const SHOWN_COLUMNS = {
  ...{ retained_delta: 'bytes delta?', old_retained: 'bytes?', new_retained: 'bytes?' },
  ...{ count_delta: 'count delta?', new_count: 'count?', state: '-', name: '-' },
}
const OBJECT_COLUMNS = {
  ...{ new: 'count', new_size: 'bytes', gone: 'count', gone_size: 'bytes' },
  ...{ reused: 'count', kept: 'count', type: '-' },
}
const ALL_OBJECT_COLUMNS = {
  ...{ type: '-', kept: 'count', kept_size: 'bytes', gone: 'count', gone_size: 'bytes' },
  ...{ new: 'count', new_size: 'bytes', reused: 'count', reused_size: 'bytes' },
}

const TITLES: Record<string, string> = {
  path: 'Who keeps it alive (dominator tree, by types)',
  type: 'Types (retained: what they dominate)',
  package: 'Packages (retained: what belongs to them)',
  module: 'Modules (retained: what belongs to them)',
  root: 'Global variables',
  goroutine: 'Goroutines by stack',
}

async function writeSections(
  output: Output,
  {
    deltas,
    objects = [],
    dbs,
  }: { deltas: readonly Delta[]; objects: readonly ObjectDelta[] | undefined; dbs: readonly HeapDb[] },
  limit: number,
): Promise<void> {
  if (deltas.length + objects.length === 0)
    await output.write(dbs.length > 2 ? 'nothing grows in every one\n' : 'no difference\n')
  let separator = ''
  for (const [aspect, rows] of Map.groupBy(deltas, (delta) => delta.aspect)) {
    await output.write(`${separator}${TITLES[aspect] ?? aspect}\n`)
    const shown = chooseEnds(aspect === 'path' ? rows.filter(keepsItself(rows)) : rows, limit)
    // Goroutines that leak may retain next to nothing.
    const columns = aspect === 'goroutine' ? { size_delta: 'bytes delta?', ...SHOWN_COLUMNS } : SHOWN_COLUMNS
    await writeRows(output, aspect === 'path' ? shown.map(shortenPath) : shown, columns, 'table')
    if (rows.length > shown.length)
      await output.write(`and ${rows.length - shown.length} more (--limit, --json)\n`)
    if (aspect === 'path') await writeFieldPath(output, dbs[dbs.length - 1], shown[0])
    separator = '\n'
  }
  if (objects.length > 0) {
    await output.write(`${separator}Objects by address: both heaps are of one process\n`)
    await writeRows(output, objects.slice(0, limit), OBJECT_COLUMNS, 'table')
    if (objects.length > limit)
      await output.write(`and ${objects.length - limit} more (--limit, --by object --json)\n`)
  }
  await output.flush()
}

/** How a root leads to what has grown most, field by field. */
async function writeFieldPath(output: Output, last: HeapDb, delta: Delta | undefined): Promise<void> {
  if (delta?.example_id == null || (delta.retained_delta ?? 0) <= 0) return
  for (const [path] of last.query('SELECT path FROM shortest_paths WHERE id = ?', [delta.example_id]).rows) {
    if (path === null) return
    await output.write(`the first is reached by ${showControls(String(path))} (id ${delta.example_id})\n`)
  }
}

/** The rows that grew most and, when there is room for them, those that shrank most. */
function chooseEnds(rows: readonly Delta[], limit: number): Delta[] {
  if (rows.length <= limit) return [...rows]
  const shrunk = rows.filter(({ retained_delta }) => (retained_delta ?? 0) < 0)
  const tail = Math.min(shrunk.length, Math.floor(limit / 3))
  return [...rows.slice(0, limit - tail), ...shrunk.slice(shrunk.length - tail)]
}

/** Leaves out a place whose growth is all that of one place below it: that one says more. */
function keepsItself(rows: readonly Delta[]): (delta: Delta) => boolean {
  const growth = new Map(rows.map(({ name, retained_delta }) => [name, retained_delta]))
  const explained = new Set<string>()
  for (const { name, retained_delta } of rows) {
    const above = name.slice(0, Math.max(0, name.lastIndexOf(' > ')))
    const whole = growth.get(above) ?? null
    if (whole === null || retained_delta === null) continue
    if (
      Math.sign(whole) === Math.sign(retained_delta) &&
      Math.abs(retained_delta) >= 0.95 * Math.abs(whole)
    ) {
      explained.add(above)
    }
  }
  return ({ name }) => !explained.has(name)
}

/** A long path by both ends: that is what a terminal has room for. */
function shortenPath(delta: Delta): Delta {
  const places = delta.name.split(' > ')
  const shown = places.length <= 5 ? places : [places[0], '…', ...places.slice(-4)]
  return { ...delta, name: shown.join(' > ') }
}
