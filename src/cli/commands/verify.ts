import { rmSync } from 'node:fs'
import type { Command } from 'commander'
import { GoheapError } from '../../errors.ts'
import type { Check, VerifySource } from '../../verify/verify.ts'
import { parsePositive } from '../arguments.ts'
import { Interrupted, onSignals } from '../supervise-index.ts'
import { withDatabase } from '../with-database.ts'

interface VerifyFlags {
  core?: string
  binary?: string
  samples?: number
  seed?: number
  json?: true
}

export function defineVerify(program: Command): void {
  program
    .command('verify')
    .description('check that a database holds together, and agrees with the core that it was made of')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option('--core <core>', 'the core; without it and --binary only the database itself is checked')
    .option(
      '--binary <binary>',
      'program that the core came from; of the two one will do where the other is still there',
    )
    .option('--samples <n>', 'nodes and pointers to take out for the checks by removal (20)', parsePositive)
    .option('--seed <n>', 'chooses them (1)', parsePositive)
    .option('--json', 'an array of results')
    .addHelpText('after', '\nExample:\n  $ goheap verify heap.db --core core --binary ./server')
    .action(verifyDatabase)
}

const WORDS = { pass: 'PASS', fail: 'FAIL', skip: 'skip' } as const

async function verifyDatabase(path: string, { core, binary, json, ...sampling }: VerifyFlags): Promise<void> {
  const [{ verify }, { Output }] = await Promise.all([
    import('../../verify/verify.ts'),
    import('../output.ts'),
  ])
  const files = await findFiles(path, { core, binary })
  const source = files === undefined ? undefined : await unpackSource(path, files.core, files.binary)
  const output = new Output()
  const checks: Check[] = []
  try {
    for (const check of verify(path, { ...sampling, ...(source && { source }) })) {
      checks.push(check)
      if (json) continue
      await output.write(renderCheck(check))
      await output.flush()
    }
  } finally {
    source?.onOpened()
  }
  if (json) await output.write(`${JSON.stringify(checks, null, 2)}\n`)
  await output.flush()
  const failed = checks.filter(({ verdict }) => verdict === 'fail').length
  if (failed > 0) throw new GoheapError('unverified', `${failed} of ${checks.length} checks failed`)
}

/** With one of the two the other is that of the metadata; undefined: neither is given. */
async function findFiles(
  path: string,
  { core, binary }: { core: string | undefined; binary: string | undefined },
): Promise<{ core: string; binary: string } | undefined> {
  if (core === undefined && binary === undefined) return undefined
  if (core !== undefined && binary !== undefined) return { core, binary }
  const metadata = await withDatabase(path, (db) => db.metadata())
  const [coreFile, binaryFile] = [core ?? metadata.get('core_file'), binary ?? metadata.get('binary_file')]
  if (typeof coreFile === 'string' && typeof binaryFile === 'string')
    return { core: coreFile, binary: binaryFile }
  throw new GoheapError(
    'usage',
    'the database does not say which core it was made of: give --core and --binary',
  )
}

/** Unpacks what is compressed; onOpened removes it, and so does Ctrl-C while it is being written. */
async function unpackSource(
  database: string,
  core: string,
  binary: string,
): Promise<VerifySource & { onOpened: () => void }> {
  const [{ unpackInputs }, { Problems }, { Progress }, { unpackTargets }] = await Promise.all([
    import('../../extract/file/unpack.ts'),
    import('../../model/problem.ts'),
    import('../../progress.ts'),
    import('../index-job.ts'),
  ])
  const targets = unpackTargets(database, process.pid)
  const remove = () => {
    for (const target of Object.values(targets)) rmSync(target, { force: true })
  }
  const cancel = new AbortController()
  let interruption: Interrupted | undefined
  const release = onSignals((exitCode) => {
    interruption = new Interrupted(exitCode)
    cancel.abort()
  })
  try {
    const progress = new Progress(undefined, cancel.signal)
    const unpacked = await unpackInputs({ core, binary }, targets, new Problems(), progress)
    return { core, binary, ...unpacked, onOpened: remove }
  } catch (error) {
    remove()
    throw interruption ?? error
  } finally {
    release()
  }
}

function renderCheck({ name, verdict, detail, examples }: Check): string {
  const lines = [`${WORDS[verdict]}  ${name.padEnd(30)}  ${detail}`]
  for (const example of examples) lines.push(`      ${example}`)
  return `${lines.join('\n')}\n`
}
