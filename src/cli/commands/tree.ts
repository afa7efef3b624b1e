import { type Command, Option } from 'commander'
import { GoheapError } from '../../errors.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { parsePositive, parseShare } from '../arguments.ts'
import { refuseOptions } from '../refuse-options.ts'
import { chooseFormat, type FormatOptions, writeNamedQuery } from '../run-query.ts'
import { withDatabase } from '../with-database.ts'

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
    .argument('[id|address|variable]', 'object or root to begin with; the biggest of all by default')
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
  $ goheap tree heap.db main.cache
  $ goheap tree heap.db --by package
  $ goheap tree heap.db 8234 --by module`,
    )
    .action(async (path: string, node: string | undefined, options: TreeOptions, command: Command) => {
      const { depth, minShare, limit, by } = options
      const format = chooseFormat(options)
      if (by === 'module' && node === undefined)
        throw new GoheapError(
          'usage',
          'tree --by module needs an id; for the whole heap there is top --by module',
        )
      if (by !== undefined && node !== undefined)
        refuseOptions(command, ['depth', 'minShare'], `with --by of one node, whose own children are grouped`)
      const { findNode } = await import('../../answers/node-set.ts')
      await withDatabase(path, (db) => {
        const id = node === undefined ? 0 : requireKept(db, findNode(db, node))
        if (by === undefined)
          return writeNamedQuery(db, 'dominator-tree', { id, depth, min_share: minShare, limit }, format)
        if (id !== 0) return writeNamedQuery(db, 'directly-kept', { id, by, limit }, format)
        return writeNamedQuery(db, 'dominator-tree-by', { by, depth, min_share: minShare, limit }, format)
      })
    })
}

/** Garbage is in no dominator tree. */
function requireKept(db: HeapDb, id: number): number {
  if (db.lookUp('SELECT id FROM dominators WHERE id = ?')(id) !== undefined) return id
  throw new GoheapError('usage', `no root is known to reach object ${id}: it keeps nothing alive`)
}
