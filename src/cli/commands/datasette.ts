import type { Command } from 'commander'
import { shellWord } from '../../base/shell-word.ts'
import { withDatabase } from '../with-database.ts'

interface DatasetteOptions {
  out: string
  force?: true
}

export function defineDatasette(program: Command): void {
  program
    .command('datasette')
    .description(
      'write the files with which datasette serves a database: descriptions, units, facets, queries',
    )
    .argument('<heap.db>', 'database that goheap index wrote')
    .requiredOption(
      '-o, --out <folder>',
      'folder to write metadata.json and datasette.yaml to; made when missing',
    )
    .option('-f, --force', 'replace these files if they exist')
    .addHelpText('after', '\nExample:\n  $ goheap datasette heap.db --out datasette')
    .action(writeDatasette)
}

/** Prints the command that starts datasette, for both of its versions. */
async function writeDatasette(path: string, { out, force }: DatasetteOptions): Promise<void> {
  const [{ datasetteArguments, describeForDatasette }, { writeTexts }, { Output }] = await Promise.all([
    import('../../export/datasette.ts'),
    import('../../export/write-texts.ts'),
    import('../output.ts'),
  ])
  const files = await withDatabase(path, describeForDatasette)
  writeTexts(out, { ...files }, { force: force ?? false })
  const output = new Output()
  const commands = Object.entries(datasetteArguments(path, out))
  for (const [version, args] of commands) {
    await output.write(`with datasette ${version}: datasette ${args.map(shellWord).join(' ')}\n`)
  }
  await output.flush()
}
