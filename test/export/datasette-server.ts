import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { datasetteArguments } from '../../src/export/datasette.ts'

/** datasette at work on a database. */
export interface DatasetteServer {
  /** What it answers to a path of its own, as `/heap/objects`. */
  get(path: string): Promise<{ status: number; text: string }>
  stop(): Promise<void>
}

/** Starts `python -m datasette` with the files of `goheap datasette` in a folder, and waits until it listens. */
export async function startDatasette(
  python: string,
  version: '0.65' | '1.0',
  { database, folder }: { database: string; folder: string },
): Promise<DatasetteServer> {
  const args = datasetteArguments(database, folder)[version]
  const child = spawn(python, ['-m', 'datasette', ...args, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // 1.0 leaves a database of its own behind when it is killed: where the test's files are.
    env: { ...process.env, TMPDIR: folder },
  })
  const address = await readAddress(child)
  return {
    get: async (path) => {
      const response = await fetch(address + path)
      return { status: response.status, text: await response.text() }
    },
    stop: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** uvicorn says on stderr where it listens. */
async function readAddress(child: ChildProcess): Promise<string> {
  let said = ''
  for await (const piece of child.stderr ?? []) {
    said += piece
    const [address] = said.match(/http:\/\/127\.0\.0\.1:\d+/) ?? []
    if (address !== undefined) {
      // What follows is a line a request; unread, it would block the server.
      child.stderr?.resume()
      return address
    }
  }
  throw new Error(`datasette does not start:\n${said}`)
}
