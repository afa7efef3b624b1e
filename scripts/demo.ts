/**
 * Indexes the bundled core of a leaking web shop and shows what it holds: node scripts/demo.ts [folder]
 * The database stays in the folder (by default goheap-demo, in the system's place for temporary files).
 */
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unpackFixture } from './unpack-fixture.ts'

const MAIN = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

const folder = process.argv[2] ?? join(tmpdir(), 'goheap-demo')
const { core, binary } = unpackFixture('leaky', folder)
const database = join(folder, 'heap.db')

run(['index', core, binary, '-o', database, '--force'])
run(['histogram', database, '--limit', '10'])
run(['top', database, '--limit', '5'])
run(['tree', database])

function run(args: string[]): void {
  console.log(`\n$ goheap ${args.join(' ')}`)
  const { status } = spawnSync(process.execPath, [MAIN, ...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
