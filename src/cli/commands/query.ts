import type { Command } from 'commander'
import { GoheapError } from '../../errors.ts'
import { collectArgument } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery, runSql } from '../run-query.ts'

interface QueryOptions extends FormatOptions {
  param: Record<string, string>
}

export function defineQuery(program: Command): void {
  program
    .command('query')
    .description('run SQL on a database, or a bundled query by its name')
    .argument('<heap.db>', 'database that goheap index wrote')
    .argument('<query>', 'a SELECT statement, or the name of a bundled query')
    .option('-p, --param <name=value>', 'parameter of a bundled query; repeatable', collectArgument, {})
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap query heap.db 'SELECT kind, count(*) FROM roots GROUP BY kind'
  $ goheap query heap.db path-to-root -p id=4711`,
    )
    .action(async (path: string, query: string, options: QueryOptions) => {
      const format = chooseFormat(options)
      if (/^[\w-]+$/.test(query)) return runNamedQuery(path, query, options.param, format)
      if (Object.keys(options.param).length > 0) {
        throw new GoheapError('usage', '--param is for bundled queries')
      }
      await runSql(path, query, format)
    })
}
