import { type Command, InvalidArgumentError, Option } from 'commander'
import { onSignals } from '../supervise-index.ts'
import { openOutput } from '../write-rows.ts'

interface ServeCommandOptions {
  compare?: string
  core?: string
  binary?: string
  host: string
  port: number
  open: boolean
}

export function defineServe(program: Command): void {
  const command = program
    .command('serve')
    .description('open the web viewer of a database in the browser')
    .argument('<heap.db>', 'database that goheap index wrote')
    .option(
      '--core <core>',
      'core to read values from; by default the one that was indexed, when it is still there',
    )
    .option('--binary <binary>', 'program that the core came from')
  addListenOptions(command)
    .addHelpText('after', '\nExample:\n  $ goheap serve heap.db --compare last-release.db')
    .action(async (path: string, { open, ...options }: ServeCommandOptions) => {
      const [{ serve }, { openBrowser }] = await Promise.all([
        import('../../web/server/serve.ts'),
        import('../browser.ts'),
      ])
      const viewer = await serve(path, options)
      // From before anybody knows the address.
      const stopped = untilStopped()
      await announce(viewer.url)
      if (open) openBrowser(viewer.url)
      await stopped
      await viewer.close()
    })
}

/** What `serve` and `view` have in common. */
export function addListenOptions(command: Command): Command {
  return command
    .option('--compare <old.db>', 'database to compare with, such as that of the last release')
    .option('--host <address>', 'address to listen at; others than this machine can then ask', '127.0.0.1')
    .addOption(
      new Option('--port <number>', 'port to listen at; 0 for any that is free')
        .argParser(parsePort)
        .default(0),
    )
    .option('--no-open', 'only print the address')
}

export async function announce(url: string): Promise<void> {
  const output = await openOutput()
  await output.write(`${url}\n`)
  await output.flush()
  if (process.stderr.isTTY) process.stderr.write('Ctrl-C to stop\n')
}

/** Resolves on Ctrl-C and its like: to end a viewer that way is no failure. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    onSignals(() => resolve())
  })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port < 65536) return port
  throw new InvalidArgumentError('it has to be a number from 0 to 65535.')
}
