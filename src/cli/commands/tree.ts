import type { Command } from 'commander'
import { parseNode, parsePositive, parseShare } from '../arguments.ts'
import { chooseFormat, type FormatOptions, requireNode, runNamedQuery } from '../run-query.ts'

interface TreeOptions extends FormatOptions {
  depth: number
  minShare: number
  limit: number
}

export function defineTree(program: Command): void {
  program
    .command('tree')
    .description('what a node alone keeps alive, level by level (dominator tree)')
    .argument('<heap.db>', 'database that goheap index wrote')
    .argument('[id]', 'object or root to begin with; the biggest of all by default', parseNode, 0)
    .option('-d, --depth <levels>', 'levels to descend', parsePositive, 16)
    .option('-s, --min-share <percent>', 'leave out what holds less of all reachable bytes', parseShare, 1)
    .option('-n, --limit <rows>', 'rows to show', parsePositive, 200)
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText('after', '\nExample:\n  $ goheap tree heap.db 8234 --depth 4')
    .action(async (path: string, id: number, options: TreeOptions) => {
      if (id !== 0) await requireNode(path, id)
      const { depth, minShare, limit } = options
      const args = { id, depth, min_share: minShare, limit }
      await runNamedQuery(path, 'dominator-tree', args, chooseFormat(options))
    })
}
