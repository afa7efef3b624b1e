import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withBundledHeap } from './bundled-heap.ts'
import { renderCli } from './cli-page.ts'
import { refreshConsole } from './console.ts'
import { renderGoldenRows } from './golden-rows.ts'
import { renderQueries } from './queries-page.ts'
import { renderSchema } from './schema-page.ts'

/** The folder of the project, with a slash at its end. */
export const PROJECT = fileURLToPath(new URL('../../', import.meta.url))

/** Written by hand, but for what its commands print. */
const GUIDE = 'docs/guide.md'

/** The generated pages, and the rows that tests hold queries against: path in the project -> what it should hold. */
export function makePages(): Promise<Map<string, string>> {
  return withBundledHeap(
    (heap) =>
      new Map([
        ['docs/schema.md', renderSchema(heap.db)],
        ['docs/queries.md', renderQueries(heap)],
        ['docs/cli.md', renderCli()],
        ...renderGoldenRows(heap),
        [GUIDE, refreshConsole(readFileSync(join(PROJECT, GUIDE), 'utf8'), heap)],
      ]),
  )
}
