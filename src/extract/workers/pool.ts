import { Piscina } from 'piscina'

/**
 * Piscina loads a task's module with require(), which makes Node abort the whole process when the thread is terminated just
 * after (the assertion in ModuleWrap::CreateRequiredModuleFacade): a pool that closes, or a process that exits, while a
 * worker still starts. Where require() refuses modules, Piscina imports them, and Node stops that as it should.
 */
const IMPORTS_ONLY = ['--no-experimental-require-module'].filter((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
)

/** Starts `threads` workers that run the default export of `module`, each with `workerData`. They may be stopped at any time. */
export function openPool(module: URL, workerData: unknown, threads: number): Piscina {
  return new Piscina({
    filename: module.href,
    minThreads: threads,
    maxThreads: threads,
    workerData,
    // And none of the process's own: a thread is not started with those that are the process's (--eval, --max-old-space-size).
    execArgv: IMPORTS_ONLY,
  })
}
