import { defineConfig } from 'vitest/config'

/** .ci/run asks for a report that it can count. */
const report = process.env.GOHEAP_TEST_REPORT

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
})
