import { appendFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/**
 * Appends a line for each test that has passed or failed, as it ends, to a file: .ci/run counts them, whatever becomes of
 * the run. A file or a hook that fails on its own counts as one failed test.
 */
export class CountReporter implements Reporter {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  onTestCaseResult(test: TestCase): void {
    const { state } = test.result()
    if (state === 'passed' || state === 'failed') this.#add(state, test.fullName)
  }

  onTestModuleEnd(module: TestModule): void {
    if (module.state() !== 'failed') return
    const { done: hasNone } = module.children.allTests('failed').next()
    if (hasNone) this.#add('failed', module.relativeModuleId)
  }

  #add(state: 'passed' | 'failed', name: string): void {
    appendFileSync(this.#path, `${state} ${JSON.stringify(name)}\n`)
  }
}
