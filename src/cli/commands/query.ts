import type { Command } from 'commander'
import { GoheapError } from '../../errors.ts'
import { collectArgument } from '../arguments.ts'
import { chooseFormat, type FormatOptions, runNamedQuery, runSql } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'

interface QueryOptions extends FormatOptions {
  param: Record<string, string>
}

export function defineQuery(program: Command): void {
  program
    .command('query')
    .description('run SQL on a database, or a bundled query by its name; a shell when none is given')
    .argument('<heap.db>', 'database that goheap index wrote')
    .argument(
      '[query]',
      'a SELECT statement, or the name of a bundled query; without it statements are read from standard input',
    )
    .option('-p, --param <name=value>', 'parameter of a bundled query; repeatable', collectArgument, {})
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap query heap.db 'SELECT kind, count(*) FROM roots GROUP BY kind'
  $ goheap query heap.db path-to-root -p id=4711
  $ goheap query heap.db "SELECT bytes(retained_size), path(id) FROM objects ORDER BY retained_size DESC LIMIT 5"
  $ goheap query heap.db              # a shell with completion and history: .help
  $ goheap query heap.db --csv < questions.sql

SQL has functions besides SQLite's own: hex(address), bytes(n), label(id), path(id).`,
    )
    .action(async (path: string, query: string | undefined, options: QueryOptions) => {
      const format = chooseFormat(options)
      if (query === undefined) return readQueries(path, options, format)
      if (/^[\w-]+$/.test(query)) return runNamedQuery(path, query, options.param, format)
      if (Object.keys(options.param).length > 0) {
        throw new GoheapError('usage', '--param is for bundled queries')
      }
      await runSql(path, query, format)
    })
}

async function readQueries(
  path: string,
  { param }: QueryOptions,
  format: ReturnType<typeof chooseFormat>,
): Promise<void> {
  if (Object.keys(param).length > 0) throw new GoheapError('usage', '--param is for a query that is given')
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const { runShell } = await import('../shell/shell.ts')
    return runShell(path, format)
  }
  const { runScript } = await import('../shell/script.ts')
  await withDatabase(path, (db) => runScript(db, process.stdin, format))
}
