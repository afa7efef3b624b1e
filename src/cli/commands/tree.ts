import { type Command, Option } from 'commander'
import { GoheapError } from '../../errors.ts'
import { parseNode, parsePositive, parseShare } from '../arguments.ts'
import { chooseFormat, type FormatOptions, requireNode, runNamedQuery } from '../run-query.ts'

interface TreeOptions extends FormatOptions {
  depth: number
  minShare: number
  limit: number
  by?: 'type' | 'package' | 'module'
}

export function defineTree(program: Command): void {
  program
    .command('tree')
    .description('what a node alone keeps alive, level by level (dominator tree)')
    .argument('<heap.db>', 'database that goheap index wrote')
    .argument('[id]', 'object or root to begin with; the biggest of all by default', parseNode)
    .option('-d, --depth <levels>', 'levels to descend', parsePositive, 16)
    .option('-s, --min-share <percent>', 'leave out what holds less of all reachable bytes', parseShare, 1)
    .option('-n, --limit <rows>', 'rows to show', parsePositive, 200)
    .addOption(
      new Option(
        '--by <group>',
        'the tree of the whole heap with nodes of one type or package merged; with an id, what that node directly keeps, also by module',
      ).choices(['type', 'package', 'module']),
    )
    .option('--json', 'an array of objects, exact numbers')
    .option('--csv', 'comma-separated, exact numbers')
    .addHelpText(
      'after',
      `
Examples:
  $ goheap tree heap.db 8234 --depth 4
  $ goheap tree heap.db --by package
  $ goheap tree heap.db 8234 --by module`,
    )
    .action(async (path: string, given: number | undefined, options: TreeOptions) => {
      const id = given ?? 0
      if (id !== 0) await requireNode(path, id)
      const { depth, minShare, limit, by } = options
      const format = chooseFormat(options)
      if (by !== undefined && id !== 0) return runNamedQuery(path, 'directly-kept', { id, by, limit }, format)
      if (by === 'module')
        throw new GoheapError(
          'usage',
          'tree --by module needs an id; for the whole heap there is top --by module',
        )
      if (by !== undefined)
        return runNamedQuery(path, 'dominator-tree-by', { by, depth, min_share: minShare, limit }, format)
      const args = { id, depth, min_share: minShare, limit }
      await runNamedQuery(path, 'dominator-tree', args, format)
    })
}
