import type { Command } from 'commander'
import type { RetainedAnswer } from '../../answers/retained.ts'
import { GoheapError } from '../../errors.ts'
import { collectText, parsePositive } from '../arguments.ts'
import { chooseFormat, type FormatOptions } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'
import { openOutput, writeRows } from '../write-rows.ts'

interface RetainedOptions extends FormatOptions {
  type: string[]
  sql: string[]
  cut: string[]
  limit?: number
}

const TYPES_SHOWN = 10

export function defineRetained(program: Command): void {
  program
    .command('retained')
    .description('what exactly would become garbage without a set of objects, variables or pointers')
    .argument('<heap.db>', 'database that goheap index wrote')
    .argument('[node...]', 'ids or addresses of objects, names of variables')
    .option('-t, --type <type>', 'all objects of a type; repeatable', collectText, [])
    .option(
      '--sql <select>',
      'all nodes whose ids a SELECT gives in its first column; repeatable',
      collectText,
      [],
    )
    .option(
      '--cut <source.offset>',
      'a pointer set to nil: of an id, address or variable, by offset or field; repeatable',
      collectText,
      [],
    )
    .option(
      '-n, --limit <types>',
      'types of the garbage to show (default: 10, all as JSON and CSV)',
      parsePositive,
    )
    .option('--json', 'one object, exact numbers')
    .option('--csv', 'the types, comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap retained heap.db 4711 0xc00012a000 main.cache
  $ goheap retained heap.db --type main.Session
  $ goheap retained heap.db --sql "SELECT id FROM goroutines WHERE wait_reason = 'chan send'"
  $ goheap retained heap.db --cut 4711.byToken --cut main.cache.byName`,
    )
    .action(async (path: string, nodes: string[], options: RetainedOptions) => {
      const format = chooseFormat(options)
      const { type: types, sql, cut: cuts } = options
      const limit = options.limit ?? (format === 'table' ? TYPES_SHOWN : Number.POSITIVE_INFINITY)
      if (nodes.length + types.length + sql.length + cuts.length === 0) {
        throw new GoheapError('usage', 'give a node, --type, --sql or --cut')
      }
      const { answerRetained } = await import('../../answers/retained.ts')
      const answer = await withDatabase(path, (db) => answerRetained(db, { nodes, types, sql, cuts }))
      const shown = answer.types.slice(0, limit)
      const output = await openOutput()
      if (format === 'json') {
        await output.write(`${JSON.stringify({ ...answer, types: shown }, null, 2)}\n`)
        return output.flush()
      }
      if (format === 'table') {
        await writeSummary(output, answer)
        await output.write('\n')
      }
      await writeRows(output, shown, { type: 'types.name?', objects: 'count', bytes: 'bytes' }, format)
      if (format === 'table' && answer.types.length > limit) {
        await output.write(`and ${answer.types.length - limit} more types (--limit)\n`)
        await output.flush()
      }
    })
}

async function writeSummary(
  output: Awaited<ReturnType<typeof openOutput>>,
  answer: RetainedAnswer,
): Promise<void> {
  await writeRows(
    output,
    [answer],
    {
      ...{ set: '-', selected: 'count', selected_size: 'bytes' },
      ...{ retained_size: 'bytes', share: 'percent', retained_count: 'count' },
    },
    'table',
  )
}
