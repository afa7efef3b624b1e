import { createInterface } from 'node:readline'
import { GoheapError } from '../../errors.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { Output } from '../output.ts'
import type { ResultFormat } from '../render/result.ts'
import { runDotCommand, type ShellState } from './dot-commands.ts'
import { runRequest } from './run-request.ts'
import { type Request, StatementReader } from './statements.ts'

/**
 * Runs the statements of a text, in order, up to the first that fails.
 *
 * @throws GoheapError 'query' or 'usage' with the line; 'usage' when there is no statement at all
 */
export async function runScript(db: HeapDb, input: NodeJS.ReadableStream, mode: ResultFormat): Promise<void> {
  const state: ShellState = { db, output: new Output(), mode, isQuit: false }
  const reader = new StatementReader()
  let count = 0
  const runAll = async (requests: readonly Request[]) => {
    for (const request of requests) {
      count++
      await runAt(state, request)
      if (state.isQuit) return
    }
  }
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    await runAll(reader.push(line))
    if (state.isQuit) return
  }
  await runAll(reader.end())
  if (count === 0) throw new GoheapError('usage', 'no query is given, and standard input has none')
}

async function runAt(state: ShellState, request: Request): Promise<void> {
  try {
    if (request.kind === 'dot') await runDotCommand(state, request.command, request.args)
    else await runRequest(state.db, state.output, request, state.mode)
  } catch (error) {
    if (!(error instanceof GoheapError)) throw error
    throw new GoheapError(error.code, `line ${request.line}: ${error.message}`, { cause: error })
  }
}
