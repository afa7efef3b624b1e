import type { Command } from 'commander'
import { formatBytes, formatCount, formatDuration, formatPercent } from '../../base/numbers.ts'
import { chooseFormat, type FormatOptions, runNamedQuery } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'
import { openOutput, writeRows } from '../write-rows.ts'

export function defineGc(program: Command): void {
  program
    .command('gc')
    .description('how the collector is set (GOGC, GOMEMLIMIT) and does, with remarks')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap gc heap.db')
    .action(async (path: string, options: FormatOptions) => {
      const format = chooseFormat(options)
      if (format !== 'table') return runNamedQuery(path, 'gc', {}, format)
      const { readQuery } = await import('../../schema/query-file.ts')
      const rows = await withDatabase(path, (db) => [...db.runQuery(readQuery('gc')).rows])
      const shown = rows.map(([figure, value, unit]) => ({
        figure,
        value: value === null ? 'off' : showValue(Number(value), String(unit)),
      }))
      const output = await openOutput()
      await writeRows(output, shown, { figure: '-', value: '-' }, 'table')
      // Sentences: a column would be cut.
      for (const [figure, , , remark] of rows) {
        if (remark !== null) await output.write(`\n${figure}: ${remark}\n`)
      }
      await output.flush()
    })
}

function showValue(value: number, unit: string): string {
  if (unit === 'bytes') return formatBytes(value)
  if (unit === 'percent') return formatPercent(value)
  if (unit === 'nanoseconds')
    return value < 1e9 ? `${(value / 1e6).toFixed(1)} ms` : formatDuration(value / 1e9)
  return formatCount(value)
}
