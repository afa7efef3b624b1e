import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { BudgetResult } from '../../answers/budgets.ts'
import { formatBytes, formatCount } from '../../base/numbers.ts'
import { describeSystemError } from '../../base/system-error.ts'
import { GoheapError } from '../../errors.ts'
import { chooseFormat, type FormatOptions } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'
import { openOutput, writeRows } from '../write-rows.ts'

interface CheckOptions extends FormatOptions {
  budget: string
}

export function defineCheck(program: Command): void {
  program
    .command('check')
    .description('hold a heap against budgets in SQL, for CI: exit code 15 when one is not kept')
    .argument('<heap.db>', 'database that goheap index wrote')
    .requiredOption(
      '-b, --budget <file>',
      'budgets: SQL with "-- budget: NAME" and "-- max: 10 MiB" before each',
    )
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
A budget is a SELECT of one number with -- max: or -- min: (or both), or one that must give no rows. A number that is not
known keeps no budget; -- empty: says which one no row is, where that is no mistake:

  -- budget: sessions
  -- max: 10 MiB
  -- empty: 0
  SELECT reachable_bytes FROM histogram WHERE type = 'main.Session';

  -- budget: no goroutine waits to send
  SELECT goid, created_by FROM goroutines WHERE wait_reason = 'chan send';

Example:
  $ goheap check heap.db --budget heap-budget.sql`,
    )
    .action(async (path: string, options: CheckOptions) => {
      const format = chooseFormat(options)
      const { checkBudgets, parseBudgets } = await import('../../answers/budgets.ts')
      const budgets = parseBudgets(readBudgets(options.budget))
      const { results, isIncomplete } = await withDatabase(path, (db) => ({
        results: checkBudgets(db, budgets),
        isIncomplete: db.metadata().get('reachability') === 'incomplete',
      }))
      const output = await openOutput()
      if (format === 'json') await output.write(`${JSON.stringify(results, null, 2)}\n`)
      else if (format === 'csv') await writeRows(output, results, COLUMNS, format)
      else {
        await writeRows(output, results.map(describe), SHOWN_COLUMNS, format)
        for (const { budget, rows, value, reason } of results) {
          if (reason !== null) await output.write(`\n${budget}: ${reason}\n`)
          if (rows.length === 0) continue
          await output.write(`\n${budget}:\n${rows.map((row) => `  ${row}\n`).join('')}`)
          if (value !== null && value > rows.length) await output.write(`  and ${value - rows.length} more\n`)
        }
      }
      await output.flush()
      if (isIncomplete) process.stderr.write(`goheap: ${INCOMPLETE}\n`)
      const broken = results.filter(({ verdict }) => verdict !== 'ok').length
      if (broken > 0)
        throw new GoheapError('over-budget', `${broken} of ${results.length} budgets are not kept`)
    })
}

const INCOMPLETE = 'the core has lost pointers: more may be reachable and retained than the figures say'

const COLUMNS = { verdict: '-', budget: '-', value: '-', unit: '-', min: '-', max: '-', reason: '-' }
const SHOWN_COLUMNS = { verdict: '-', budget: '-', value: '-', limit: '-' }

function describe({ verdict, budget, value, unit, min, max }: BudgetResult): Record<string, string> {
  const show = (number: number) => (unit === 'bytes' ? formatBytes(number) : formatCount(number))
  const limits = [
    ...(min === null ? [] : [`at least ${show(min)}`]),
    ...(max === null ? [] : [unit === 'rows' ? 'no rows' : `at most ${show(max)}`]),
  ]
  return { verdict, budget, value: value === null ? 'unknown' : show(value), limit: limits.join(', ') }
}

function readBudgets(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new GoheapError('file', `cannot read ${path}: ${describeSystemError(error)}`, { cause: error })
  }
}
