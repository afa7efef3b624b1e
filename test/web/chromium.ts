import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** Chromium of the system; scripts/setup-tests.sh installs it. */
const executable =
  process.env.GOHEAP_CHROMIUM ??
  NAMES.flatMap((name) => (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))).find(
    existsSync,
  )

/** Why no browser can be tested with; undefined when one can. */
export const missingChromium =
  executable === undefined
    ? 'NOT RUN: Chromium is not installed (scripts/setup-tests.sh installs it)'
    : undefined

/**
 * A browser for the tests of a file. Whatever a page writes to its console as an error, throws, or asks of another host
 * fails the test that opened it.
 */
export function useBrowser(): { open(url: string, options?: OpenOptions): Promise<Page> } {
  let browser: Browser | undefined
  const faults: string[] = []
  beforeAll(async () => {
    if (missingChromium) return
    // Chromium's own sandbox does not run as root, nor in many containers.
    browser = await chromium.launch({ executablePath: executable ?? '', args: ['--no-sandbox'] })
  }, 60_000)
  afterAll(() => browser?.close())
  afterEach(async () => {
    await Promise.all((browser?.contexts() ?? []).map((context) => context.close()))
    expect(faults.splice(0)).toEqual([])
  })
  return {
    open: async (url, { isDark = false, width = 1280, isReady = true, mayBeRefused = false } = {}) => {
      if (browser === undefined) throw new Error('the browser is started before the tests')
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme: isDark ? 'dark' : 'light',
        acceptDownloads: true,
      })
      const page = await context.newPage()
      page.on('console', (message) => {
        if (!['error', 'warning'].includes(message.type())) return
        // The browser's own words for an answer of 400.
        if (mayBeRefused && message.text().includes('status of 400')) return
        faults.push(`console: ${message.text()}`)
      })
      page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`))
      page.on('request', (request) => {
        const asked = request.url()
        if (!asked.startsWith(new URL(url).origin) && !/^(data|blob):/.test(asked))
          faults.push(`asked: ${asked}`)
      })
      page.on('dialog', (dialog) => {
        faults.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
      await page.goto(url)
      if (isReady) await settled(page)
      return page
    },
  }
}

interface OpenOptions {
  isDark?: boolean
  width?: number
  /** False when the page has no heap to show yet. */
  isReady?: boolean
  /** True when the page asks what cannot be answered, such as SQL that is wrong. */
  mayBeRefused?: boolean
}

/**
 * Until the page shows what its address says: that view and no other, every part with its answer, pictures drawn. Asked
 * of the whole page at once, as each part alone can be true of the view before.
 */
export async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(SETTLED), { timeout: 30_000, interval: 20 }).toBe(true)
}

// waitForFunction would run this by eval in the page, which the page's policy forbids.
const SETTLED = `
  document.querySelector('main')?.dataset.address === window.location.hash &&
  document.querySelector('h1') !== null &&
  document.querySelector('.waiting, .picture:not(:has(.box))') === null`

/** Holds what a page shows against what is wanted until it is so: it takes a moment to show what a key did. */
export const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 15_000, interval: 20 })

/** Boxes of a picture show their names cut in the middle, and are called by the whole ones. */
const EXCEPT = { 'label-content-name-mismatch': { enabled: false } }

/** All of the common guidelines. */
export const GUIDELINES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']

/** Rows and boxes of one table or picture are made alike: the first of them stand for all. */
const ALIKE = [
  '.grid-row:nth-child(n+7)',
  '.branch:nth-child(n+8)',
  '.short tr:nth-child(n+5)',
  '.groups > li:nth-child(n+4)',
  '.box:nth-child(n+60)',
].map((selector) => [selector])

/** What axe finds wrong with a page by `rules` (names, or tags of many), as `rule: element and reason`. */
export async function accessibilityFaults(page: Page, rules: readonly string[]): Promise<string[]> {
  // The page's own policy allows no foreign script in its document: this one comes from outside of it.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<axe.AxeResults>(
    `window.axe.run({ exclude: ${JSON.stringify(ALIKE)} }, ${JSON.stringify({ runOnly: rules, rules: EXCEPT, resultTypes: ['violations'] })})`,
  )
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary}`)
}
