import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Commands that tests start find what Node made of their modules: half of a short command's time. */
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url))

/** .ci/run asks for a report that it can count. */
const report = process.env.GOHEAP_TEST_REPORT

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Ends what hangs, on a machine with much else to do: no test is timed by this.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
})
