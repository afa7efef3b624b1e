import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drawMutation, makeRandom } from './draw.ts'
import type { Mutation, Outcome } from './job.ts'
import { listTargets } from './targets.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))
/** What must not be, whatever the damage. All else is an index with problems, or one error. */
const DEFECTS = ['crash', 'hang', 'killed', 'memory', 'leftover', 'broken']
/** Of a mutation that takes a second: a machine may be busy, but not that busy. */
const WATCHDOG_MS = 300_000

export interface HuntResult {
  /** How often each outcome was met. */
  outcomes: Map<string, number>
  /** Indexed, with problems. */
  noticed: number
  slowestMs: number
  /** What must not be, with what it takes to see it again. */
  defects: string[]
}

/** Indexes a core `runs` times, each time damaged in another way that `seed` draws. */
export async function hunt(
  run: { core: string; binary: string },
  { seed, runs }: { seed: number; runs: number },
): Promise<HuntResult> {
  const random = makeRandom(seed)
  const targets = listTargets(run)
  const result: HuntResult = { outcomes: new Map(), noticed: 0, slowestMs: 0, defects: [] }
  const hunter = new Hunter(run)
  try {
    for (let i = 0; i < runs; i++) {
      const mutation = drawMutation(random, run, targets)
      const outcome = await hunter.index(mutation)
      result.outcomes.set(outcome.result, (result.outcomes.get(outcome.result) ?? 0) + 1)
      if (outcome.result === 'ok' && outcome.problems > 0) result.noticed++
      result.slowestMs = Math.max(result.slowestMs, outcome.cpuMs)
      if (DEFECTS.includes(outcome.result)) {
        result.defects.push(`${outcome.result}, seed ${seed}, run ${i}: ${mutation.what}\n${outcome.detail}`)
      }
    }
  } finally {
    await hunter.close()
  }
  return result
}

/** Hands mutations to a process, a new one after each that had to be stopped. */
class Hunter {
  readonly #run: { core: string; binary: string }
  #child: ChildProcess | undefined
  #folder = ''

  constructor(run: { core: string; binary: string }) {
    this.#run = run
  }

  async index(mutation: Mutation): Promise<Outcome> {
    const child = this.#child ?? (await this.#start())
    const outcome = await this.#ask(child, mutation)
    if (['hang', 'killed', 'memory'].includes(outcome.result)) await this.close()
    return outcome
  }

  async close(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined) return
    if (child.exitCode === null && child.signalCode === null) {
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGKILL')
      await closed
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #start(): Promise<ChildProcess> {
    this.#folder = mkdtempSync(join(tmpdir(), 'goheap-mutation-'))
    const files = JSON.stringify({ ...this.#run, folder: this.#folder })
    const child = fork(CHILD, [files], { execArgv: ['--max-old-space-size=512'] })
    this.#child = child
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('close', () => reject(new Error('the process that indexes did not start')))
    })
    return child
  }

  #ask(child: ChildProcess, mutation: Mutation): Promise<Outcome> {
    return new Promise((resolve) => {
      const finish = (outcome: Outcome) => {
        clearTimeout(timer)
        child.off('message', finish)
        child.off('close', die)
        resolve(outcome)
      }
      const none = { detail: '', problems: 0, cpuMs: 0 }
      const die = () =>
        finish({ ...none, result: 'killed', detail: `ended by ${child.signalCode ?? child.exitCode}` })
      const timer = setTimeout(() => finish({ ...none, result: 'hang' }), WATCHDOG_MS)
      child.on('message', finish)
      child.on('close', die)
      child.send(mutation)
    })
  }
}
