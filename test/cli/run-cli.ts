import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

/** Starts the command as a user would, stdout and stderr being no terminal. Without TMPDIR it unpacks beside the output. */
export function startCli(...args: string[]): Started {
  const { TMPDIR: _, ...env } = process.env
  return start(env, args)
}

/** Likewise, with a folder for what is temporary. */
export function startCliWith(folder: string, ...args: string[]): Started {
  return start({ ...process.env, TMPDIR: folder }, args)
}

export interface Started {
  child: ChildProcess
  finished: Promise<Finished>
}

function start(env: NodeJS.ProcessEnv, args: readonly string[]): Started {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const finished = new Promise<Finished>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, finished }
}

export function runCli(...args: string[]): Promise<Finished> {
  return startCli(...args).finished
}
