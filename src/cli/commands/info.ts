import type { Command } from 'commander'
import { withDatabase } from '../with-database.ts'

export function defineInfo(program: Command): void {
  program
    .command('info')
    .description('what a database holds: program, heap totals, problems')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('--json', 'one object, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap info heap.db')
    .action(async (path: string, options: { json?: true }) => {
      const [{ readSummary }, { renderSummary }, { Output }] = await Promise.all([
        import('../summary.ts'),
        import('../render/summary.ts'),
        import('../output.ts'),
      ])
      const summary = await withDatabase(path, readSummary)
      const output = new Output()
      await output.write(
        options.json
          ? `${JSON.stringify(summary, null, 2)}\n`
          : renderSummary(summary, { withProblems: true }),
      )
      await output.flush()
    })
}
