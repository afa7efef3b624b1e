import type { Command } from 'commander'
import { GoheapError } from '../../errors.ts'
import { collectText, parsePositive, parseShare } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'
import { openOutput, withDatabase, writeRows } from '../write-rows.ts'

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
    .action(async (path: string, object: string | undefined, options: PathOptions) => {
      const format = chooseFormat(options)
      if ((object === undefined) === (options.type === undefined)) {
        throw new GoheapError('usage', 'give an object, or --type')
      }
      if (object === undefined) return writeMerged(path, options, format)
      const { requireObject } = await import('../../answers/node-set.ts')
      const id = await withDatabase(path, (db) => requireObject(db, object))
      if (options.paths === 1 && options.exclude.length === 0) {
        return runNamedQuery(path, 'path-to-root', { id }, format)
      }
      await writePaths(path, id, options, format)
    })
}

async function writePaths(
  path: string,
  id: number,
  { paths, exclude }: PathOptions,
  format: ReturnType<typeof chooseFormat>,
): Promise<void> {
  const { answerPaths } = await import('../../answers/paths.ts')
  const steps = await withDatabase(path, (db) => answerPaths(db, id, { limit: paths, excluded: exclude }))
  const output = await openOutput()
  if (steps.length === 0 && format === 'table') {
    const rest = exclude.length > 0 ? `, but for what goes through ${exclude.join(', ')}` : ''
    await output.write(`no root reaches object ${id}${rest}\n`)
    return output.flush()
  }
  await writeRows(
    output,
    steps,
    {
      ...{ path: '-', step: '-', id: 'node', kind: 'nodes.kind', label: 'nodes.label', field: '-' },
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
  const { steps, lost } = await withDatabase(path, (db) =>
    answerMergedPaths(db, type, { minShare, excluded: exclude }),
  )
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
  if (lost > 0 && format === 'table') {
    await output.write(
      `${lost} more: no root reaches them${exclude.length > 0 ? ' around what is excluded' : ''}\n`,
    )
    await output.flush()
  }
}
