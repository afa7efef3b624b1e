import type { Command } from 'commander'
import { GoheapError } from '../../errors.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { collectText, parsePositive, parseShare } from '../arguments.ts'
import { refuseOptions } from '../refuse-options.ts'
import { chooseFormat, type FormatOptions } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'
import { openOutput, writeRows } from '../write-rows.ts'

interface PathOptions extends FormatOptions {
  paths: number
  exclude: string[]
  type?: string
  minShare: number
}

export function definePath(program: Command): void {
  program
    .command('path')
    .description('what keeps an object alive: shortest paths from roots to it')
    .argument('<heap.db>', 'database that goheap index wrote')
    .argument('[id|address]', 'object')
    .option('-k, --paths <n>', 'paths to show: one from each of the n nearest roots', parsePositive, 1)
    .option(
      '-x, --exclude <holder>',
      'go around weak, finalizer, cleanup, pool, objects of a type, or a field (Type.field); repeatable',
      collectText,
      [],
    )
    .option('-t, --type <type>', 'instead of one object: all objects of a type, their paths merged')
    .option(
      '-s, --min-share <percent>',
      'with --type: leave out what fewer of the objects pass',
      parseShare,
      1,
    )
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap path heap.db 0xc00012a000
  $ goheap path heap.db 4711 -k 5 --exclude pool --exclude 'main.Cache.byName'
  $ goheap path heap.db --type 'main.Session'`,
    )
    .action(async (path: string, object: string | undefined, options: PathOptions, command: Command) => {
      const format = chooseFormat(options)
      if ((object === undefined) === (options.type === undefined)) {
        throw new GoheapError('usage', 'give an object, or --type')
      }
      if (object === undefined) {
        refuseOptions(command, ['paths'], 'with --type, whose paths are merged')
        return writeMerged(path, options, format)
      }
      refuseOptions(command, ['minShare'], 'without --type')
      await writePaths(path, object, options, format)
    })
}

async function writePaths(
  path: string,
  object: string,
  { paths: limit, exclude: excluded }: PathOptions,
  format: ReturnType<typeof chooseFormat>,
): Promise<void> {
  const [{ requireObject }, { answerPaths }] = await Promise.all([
    import('../../answers/node-set.ts'),
    import('../../answers/paths.ts'),
  ])
  const { id, steps, doubt } = await withDatabase(path, (db) => {
    const id = requireObject(db, object)
    return {
      id,
      steps: answerPaths(db, id, { limit, excluded }),
      doubt: doubtOf(db),
    }
  })
  const output = await openOutput()
  if (steps.length === 0 && format === 'table') {
    const rest = excluded.length > 0 ? `, but for what goes through ${excluded.join(', ')}` : ''
    await output.write(`no root reaches object ${id}${rest}${doubt}\n`)
    return output.flush()
  }
  await writeRows(
    output,
    steps,
    {
      ...(format === 'table' && limit === 1 ? {} : { path: '-' }),
      ...{ step: '-', id: 'node', kind: 'nodes.kind', label: 'nodes.label', field: '-' },
      ...{ size: 'bytes', retained_size: 'bytes' },
    },
    format,
  )
}

async function writeMerged(
  path: string,
  { type = '', minShare, exclude }: PathOptions,
  format: ReturnType<typeof chooseFormat>,
): Promise<void> {
  const { answerMergedPaths } = await import('../../answers/merged-paths.ts')
  const [{ steps, lost }, doubt] = await withDatabase(path, (db) => [
    answerMergedPaths(db, type, { minShare, excluded: exclude }),
    doubtOf(db),
  ])
  const output = await openOutput()
  const shown =
    format === 'table' ? steps.map((step) => ({ ...step, name: '  '.repeat(step.level) + step.name })) : steps
  await writeRows(
    output,
    shown,
    {
      ...(format === 'table' ? {} : { level: '-' }),
      ...{ name: '-', field: '-', objects: 'count', bytes: 'bytes', share: 'percent', example_id: 'node' },
    },
    format,
  )
  if (lost === 0) return
  const others = `${lost} more: no root reaches them${exclude.length > 0 ? ' around what is excluded' : ''}${doubt}`
  if (format !== 'table') process.stderr.write(`goheap: ${others}\n`)
  else {
    await output.write(`${others}\n`)
    await output.flush()
  }
}

/** What follows a statement that no root reaches something; '' where that is certain. */
function doubtOf(db: HeapDb): string {
  const isIncomplete = db.metadata().get('reachability') === 'incomplete'
  return isIncomplete ? ' by the pointers that the core has; it has lost some' : ''
}
