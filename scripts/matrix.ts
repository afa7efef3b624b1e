/**
 * Builds one program in every way that Go can be built, with every version; has its core taken in every way; holds what
 * goheap reads against what the program says of itself, and its figures against those of the plain build. Writes
 * docs/builds.md.
 *
 *   npm run matrix                        all cells that no earlier run has done: some hours
 *   npm run matrix -- --version 1.27 --build "cgo;PIE" --capture gcore
 *   npm run matrix -- --again             those too that are done, of the ones chosen
 *   npm run matrix -- --failed            those again that were not green
 *   npm run matrix -- --page              only the page, which a part of the cells does not write by itself
 *
 * What is done is kept in $TMPDIR/goheap-matrix: several of these can run at the same time, each with cells of its own.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Cell, listCells, runCell, storedResult, storeResult } from './matrix/cells.ts'
import { renderPage } from './matrix/page.ts'

const PAGE = fileURLToPath(new URL('../docs/builds.md', import.meta.url))

const { values: options } = parseArgs({
  options: {
    version: { type: 'string' },
    build: { type: 'string' },
    capture: { type: 'string' },
    again: { type: 'boolean', default: false },
    failed: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
  },
})

/** A version may be given in part: 1.27. Names of builds have commas in them: `;` stands between several. */
function isChosen({ version, build, capture }: Cell): boolean {
  const has = (list: string | undefined, separator: string, is: (word: string) => boolean) =>
    list === undefined || list.split(separator).some(is)
  return (
    has(options.version, ',', (word) => version === word || version.startsWith(`${word}.`)) &&
    has(options.build, ';', (word) => build === word) &&
    has(options.capture, ',', (word) => capture === word)
  )
}

const { version, build, capture } = options
const isWhole = version === undefined && build === undefined && capture === undefined
if (!options.page) {
  for (const cell of listCells().filter(isChosen)) {
    const known = storedResult(cell)
    if (known !== undefined && !options.again && !(options.failed && known.verdict !== 'green')) continue
    const start = performance.now()
    const result = await runCell(cell)
    storeResult(result)
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.error(`go${cell.version} ${cell.build}, ${cell.capture}: ${result.verdict} (${seconds} s)`)
    for (const line of [...result.lines.slice(0, 5), ...result.problems]) console.error(`    ${line}`)
  }
}
if (options.page || isWhole) {
  writeFileSync(PAGE, renderPage(listCells().map((cell) => storedResult(cell) ?? cell)))
  console.error(`written: ${PAGE}`)
}
