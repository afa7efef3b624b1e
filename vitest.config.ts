import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { CountReporter } from './test/count-reporter.ts'

/** Commands that tests start find what Node made of their modules: half of a short command's time. */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

/** .ci/run asks for a report that it can count. */
const report = process.env.GOHEAP_TEST_REPORT

/** Files that take longest: begun last, they would keep one processor busy while others idle. The rest is by size. */
const LONGEST = [
  'extract/heap/goroutines',
  'extract/mutation/mutation',
  'ground-truth/truth',
  'ground-truth/random-types',
  'ground-truth/held',
  'web/browser',
  'extract/dwarf/debug-dwarf',
  'cli/index-core',
  'packaging',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    sequence: { sequencer: LongestFirst },
    // The default leaves one processor for vitest itself, which hardly uses it: half of two.
    maxWorkers: availableParallelism(),
    // Ends what hangs, on a machine with much else to do: no test is timed by this.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: report === undefined ? ['default'] : ['default', new CountReporter(report)],
  },
})
