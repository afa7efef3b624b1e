import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it, vi } from 'vitest'
import { formatBytes } from '../../src/web/app/format.ts'
import { useLeaky } from '../answers/leaky.ts'
import { because } from '../oracle/toolchain.ts'
import {
  accessibilityFaults,
  eventually,
  GUIDELINES,
  missingChromium,
  settled,
  useBrowser,
} from './chromium.ts'
import { useViewer } from './started.ts'

vi.setConfig({ testTimeout: 60_000 })

const leaky = useLeaky()
const viewer = useViewer(leaky.path, { compare: leaky.path })
const browser = useBrowser()

const rows = (sql: string) => [...leaky.db.query(sql).rows]
const figure = (sql: string) => Number(rows(sql)[0][0])
const openFirst = () => browser.open(viewer.asker.url.href)
const openAt = (hash: string, options = {}) => browser.open(`${viewer.asker.url.href}#/${hash}`, options)

async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`window.location.hash = ${JSON.stringify(`#/${hash}`)}`)
  await settled(page)
}

async function follow(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name }).click()
  await settled(page)
}

describe.skipIf(missingChromium)(`in Chromium${because(missingChromium)}`, () => {
  it('the first page tells how big the heap is and who holds it, and leads to the holder', async () => {
    const page = await openFirst()
    const text = await page.locator('main').innerText()
    expect(text).toContain(formatBytes(figure('SELECT SUM(size) FROM objects WHERE reachable')))
    const [[id, label]] = rows('SELECT id, label FROM nodes ORDER BY retained_size DESC LIMIT 1')
    expect(text).toContain(formatBytes(figure(`SELECT retained_size FROM nodes WHERE id = ${id}`)))
    await page.locator(`a[href="#/node?id=${id}"]`).first().click()
    await settled(page)
    expect(await page.locator('h1').innerText()).toContain(String(label).replace(/^global /, ''))
  })

  it('every view of the menu is there and shows figures of the database', async () => {
    const page = await openFirst()
    await follow(page, 'Histogram')
    const [[type, objects]] = rows(
      `SELECT type, reachable_objects FROM histogram WHERE type LIKE 'main.%' ORDER BY reachable_bytes DESC LIMIT 1`,
    )
    await page.getByLabel('Filter names').fill(String(type))
    const row = page.getByRole('row').filter({ has: page.getByTitle(String(type), { exact: true }) })
    expect(await row.innerText()).toContain(Number(objects).toLocaleString('en-US'))
    await row.getByRole('link').click()
    await settled(page)
    expect(await page.locator('h1').innerText()).toContain(String(type))

    await follow(page, 'Dominators')
    const top = figure('SELECT MAX(retained_size) FROM nodes')
    expect(await page.getByRole('treeitem').first().innerText()).toContain(formatBytes(top))

    await follow(page, 'Picture')
    expect(await page.locator('.pointed').innerText()).toContain(
      formatBytes(figure('SELECT SUM(size) FROM objects WHERE reachable')),
    )
    expect(await page.locator('svg .box').count()).toBeGreaterThan(10)

    await follow(page, 'Goroutines')
    expect(await page.locator('main').innerText()).toContain(
      `${figure('SELECT COUNT(*) FROM goroutines')} goroutines in ${figure('SELECT COUNT(*) FROM goroutine_stacks')} groups`,
    )
    await page.locator('.groups summary').first().click()
    await page.locator('.groups details[open] tbody a').first().click()
    await settled(page)
    expect(await page.locator('h1').innerText()).toContain('goroutine')

    await follow(page, 'Strings & waste')
    expect(await page.getByRole('grid').isVisible()).toBe(true)

    await follow(page, 'Compare')
    expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe('1')

    await follow(page, 'SQL')
    await page.getByRole('button', { name: 'Run' }).click()
    const result = page.getByRole('grid', { name: 'SQL result' })
    await result.waitFor()
    const [[heaviest]] = rows('SELECT type FROM histogram ORDER BY reachable_bytes DESC LIMIT 1')
    expect(await result.getByRole('row').nth(1).innerText()).toContain(heaviest)
  })

  it('an object shows its fields with values, who points at it and what holds it', async () => {
    const [[id]] = rows(`SELECT id FROM objects_named WHERE type = 'main.Session' AND reachable LIMIT 1`)
    const page = await openAt(`node?id=${id}`)
    const values = page.getByRole('grid', { name: 'Values' })
    await values.waitFor()
    expect(await values.innerText()).toMatch(/\.Token\s+len 16 cap \d+ "token-\d{10}"/)
    expect(await page.getByRole('region', { name: 'Path from a root' }).getByRole('listitem').count()).toBe(
      // Before the objects a goroutine, its frame and the variable in it.
      figure(`SELECT distance + 3 FROM objects WHERE id = ${id}`),
    )
    const inbound = page.getByRole('grid', { name: 'Inbound pointers' })
    const holders = figure(`SELECT COUNT(*) FROM edges WHERE target_id = ${id}`)
    const variables = figure(`SELECT COUNT(*) FROM root_edges WHERE target_id = ${id}`)
    expect(await inbound.getAttribute('aria-rowcount')).toBe(String(holders + variables + 1))
  })

  it('the address is the view: links restore it, and back goes back', async () => {
    const page = await openAt('histogram?by=package&filter=main&sort=-objects')
    expect(await page.getByLabel('package', { exact: true }).isChecked()).toBe(true)
    expect(await page.getByLabel('Filter names').inputValue()).toBe('main')
    expect(await page.locator('[aria-sort=descending]').innerText()).toContain('all objects')
    await follow(page, 'Dominators')
    await page.getByLabel('first level by package').check()
    await page.goBack()
    await settled(page)
    expect(page.url()).toContain('#/histogram?by=package&filter=main&sort=-objects')
    const other = await browser.open(page.url())
    expect(await other.getByLabel('Filter names').inputValue()).toBe('main')
  })

  it('the keyboard reaches everything', async () => {
    const page = await openFirst()
    await page.keyboard.press('2')
    await settled(page)
    expect(page.url()).toContain('#/histogram')
    await page.getByRole('grid').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    const chosen = () => page.locator('[aria-selected=true]').getAttribute('aria-rowindex')
    await eventually(chosen).toBe('4')
    await page.keyboard.press('End')
    await eventually(chosen).toBe(await page.getByRole('grid').getAttribute('aria-rowcount'))
    await page.keyboard.press('Home')
    await eventually(chosen).toBe('2')
    await page.keyboard.press('Enter')
    await settled(page)
    expect(page.url()).toContain('#/objects?type=')
    await page.keyboard.press('/')
    await page.keyboard.type('main.sessions')
    await page.locator('.found a').first().waitFor()
    await page.keyboard.press('Enter')
    await settled(page)
    expect(page.url()).toMatch(/#\/(node|objects)\?/)
    await page.keyboard.press('3')
    await page.getByRole('treeitem').first().focus()
    await page.keyboard.press('ArrowRight')
    await page.locator('[aria-level="2"]').first().waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await settled(page)
    expect(page.url()).toContain('#/node?id=')
  })

  it('a table is saved as it is shown', async () => {
    const page = await openAt('histogram?by=kind')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ])
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    expect(download.suggestedFilename()).toBe('histogram-by-kind.csv')
    expect(lines[0]).toMatch(/^name,objects,bytes,reachable_objects,reachable_bytes/)
    expect(lines.length - 1).toBe(figure(`SELECT COUNT(*) FROM group_totals WHERE grouping = 'kind'`))
  })

  const VIEWS = [
    'overview',
    'histogram',
    'histogram?by=size',
    'dominators',
    'dominators?by=package',
    'picture',
    'picture?kind=merged-treemap',
    'goroutines?group=1',
    'waste',
    'compare',
    'sql?query=histogram-by',
  ]

  it.each([
    ['accessible', false, GUIDELINES],
    // Only colours differ.
    ['readable in the dark', true, ['color-contrast']],
  ])(
    'every view is %s',
    async (_name, isDark, rules) => {
      const [[id]] = rows(`SELECT id FROM objects_named WHERE type = 'main.Session' AND reachable LIMIT 1`)
      const [[goroutine]] = rows('SELECT id FROM goroutines LIMIT 1')
      const [[type]] = rows(`SELECT type_id FROM histogram WHERE type = 'main.Session'`)
      const page = await openAt('overview', { isDark })
      for (const view of [...VIEWS, `node?id=${id}`, `node?id=${goroutine}`, `objects?type=${type}`]) {
        await goTo(page, view)
        expect([view, await accessibilityFaults(page, rules)]).toEqual([view, []])
      }
    },
    180_000,
  )

  it.each([1280, 2560])('nothing runs out of a page of %d pixels', async (width) => {
    const page = await openAt('overview', { width })
    for (const view of VIEWS) {
      await goTo(page, view)
      const wide = await page.evaluate('document.documentElement.scrollWidth')
      expect([view, wide]).toEqual([view, width])
    }
  })
})
