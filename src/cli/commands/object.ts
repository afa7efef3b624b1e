import type { Command } from 'commander'
import type { Inspection } from '../../answers/inspect.ts'
import { GoheapError } from '../../errors.ts'
import { parsePositive } from '../arguments.ts'
import type { Output } from '../output.ts'
import { withDatabase } from '../with-database.ts'
import { openOutput, writeRows } from '../write-rows.ts'

interface ObjectOptions {
  core?: string
  binary?: string
  limit: number
  elements: number
  depth: number
  json?: true
  csv?: true
}

export function defineObject(program: Command): void {
  program
    .command('object')
    .description('one object: its values, who holds it, what it holds, its path to a root')
    .argument('<heap.db>', 'database that goheap index wrote')
    .argument('<id|address>', 'object')
    .option(
      '--core <core>',
      'core to read values from; by default the one that was indexed, when it is still there',
    )
    .option('--binary <binary>', 'program that the core came from')
    .option('-n, --limit <rows>', 'holders and held objects to show', parsePositive, 10)
    .option('-e, --elements <n>', 'elements of arrays and entries of maps to show', parsePositive, 20)
    .option('-d, --depth <n>', 'structs within structs to take apart', parsePositive, 3)
    .option('--json', 'one object, exact numbers')
    .option('--csv', 'the values, comma-separated')
    .addHelpText('after', '\nExample:\n  $ goheap object heap.db 0xc00012a000 --core core --binary ./server')
    .action(async (path: string, text: string, options: ObjectOptions) => {
      if (options.json && options.csv) throw new GoheapError('usage', '--json and --csv exclude each other')
      const { core, binary, limit, elements, depth } = options
      const [{ inspectObject }, { requireObject }] = await Promise.all([
        import('../../answers/inspect.ts'),
        import('../../answers/node-set.ts'),
      ])
      const found = await withDatabase(path, (db) =>
        inspectObject(db, requireObject(db, text), { core, binary, limit, elements, depth }),
      )
      const output = await openOutput()
      if (options.json) {
        await output.write(`${JSON.stringify(found, jsonValue, 2)}\n`)
        return output.flush()
      }
      if (options.csv) return writeRows(output, found.values ?? [], VALUE_COLUMNS, 'csv')
      await writeInspection(output, found)
    })
}

const VALUE_COLUMNS = { offset: '-', field: '-', type: 'types.name?', value: '?', target_id: 'node' }

function jsonValue(_key: string, value: unknown): unknown {
  // Beyond 2^53; JSON.stringify knows no bigint.
  return typeof value === 'bigint' ? value.toString() : value
}

/** What an object retains that no root was found to reach, by its `reachable`. */
const NO_SIZE: Record<string, string> = {
  0: 'nothing: it is garbage',
  null: 'unknown: no root was found to reach it, but the core has lost pointers',
}

async function writeInspection(output: Output, found: Inspection): Promise<void> {
  const { formatBytes, formatCount } = await import('../../base/numbers.ts')
  const { showControls } = await import('../render/text.ts')
  const { object } = found
  const retained =
    object.retained_size === null ? NO_SIZE[`${object.reachable}`] : formatBytes(Number(object.retained_size))
  const line = (name: string, text: string) => output.write(`${name.padEnd(10)}${showControls(text)}\n`)
  const count = object.length === null || object.length === 1 ? '' : `[${object.length}]`
  await line('object', `${object.id} ${count}${object.type ?? '(type unknown)'}`)
  await line('address', `${object.hex_address}, ${formatBytes(Number(object.size))}`)
  await line('type by', `${object.type_source ?? 'unknown'}`)
  const others =
    object.retained_count === null ? '' : ` in ${formatCount(Number(object.retained_count))} objects`
  await line('retains', retained + others)

  await output.write('\n')
  if (found.values === null) await line('values', `unknown: ${found.values_missing}`)
  else await writeRows(output, found.values, VALUE_COLUMNS, 'table')

  const section = async (title: string, rows: object[], columns: Record<string, string>) => {
    await output.write(`\n${title}\n`)
    if (rows.length === 0) await output.write('  nothing\n')
    else await writeRows(output, rows, columns, 'table')
  }
  const node = { id: 'node', label: 'nodes.label' }
  await section('held by', found.holders, { ...node, field: '?', retained_size: 'bytes' })
  await section('alone keeps alive', found.dominated, { ...node, size: 'bytes', retained_size: 'bytes' })
  await section('path from a root', found.path, { step: '-', ...node, field: '-', retained_size: 'bytes' })
}
