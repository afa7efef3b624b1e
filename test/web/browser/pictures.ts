import { expect, it } from 'vitest'
import { formatBytes } from '../../../src/web/app/format.ts'
import { eventually, settled } from '../chromium.ts'
import type { Site } from '../site.ts'

/** Flame graphs and treemaps. */
export function testPictures(site: Site): void {
  const { rows, figure } = site

  it('a flame graph is zoomed by a click, out of by its way, and highlights what is sought', async () => {
    const page = await site.openAt('picture')
    const [[id, name, bytes]] = rows(
      `SELECT id, name, retained_size FROM dominator_paths WHERE name = 'main.SessionStore' LIMIT 1`,
    )
    const box = page.getByRole('button', { name: `${name}, ${formatBytes(bytes)}`, exact: true })
    await box.hover()
    await eventually(() => page.locator('.pointed').innerText()).toContain(formatBytes(bytes))
    await box.click()
    await settled(page)
    expect(page.url()).toContain(`id=${id}`)
    const way = page.getByRole('navigation', { name: 'Zoomed in from' })
    expect(await way.getByRole('link').count()).toBe(
      // Whole heap, all places above, open.
      figure(`SELECT level - 1 FROM dominator_paths WHERE id = ${id}`) + 2,
    )
    await page.getByLabel('Highlight names').fill('time.Time')
    await page.locator('.box.faint').first().waitFor()
    expect(await page.locator('.box:not(.faint)').count()).toBeGreaterThan(0)
    await way.getByRole('link', { name: 'whole heap' }).click()
    await settled(page)
    expect(page.url()).not.toContain('id=')
  })

  it.each([
    ['icicle', 'SELECT id, retained_size FROM nodes ORDER BY retained_size DESC LIMIT 1'],
    ['treemap', 'SELECT id, retained_size FROM nodes ORDER BY retained_size DESC LIMIT 1'],
    ['merged-treemap', 'SELECT id, retained_size FROM dominator_paths ORDER BY retained_size DESC LIMIT 1'],
  ])('keys walk through a %s', async (kind, sql) => {
    const page = await site.openAt(`picture?kind=${kind}`)
    const [[id, bytes]] = rows(sql)
    const top = await page.locator('.pointed').innerText()
    await page.locator('.box').first().focus()
    await page.keyboard.press('ArrowDown')
    await eventually(() => page.locator('.pointed').innerText()).not.toBe(top)
    expect(await page.locator('.pointed').innerText()).toContain(formatBytes(bytes))
    await page.keyboard.press('ArrowUp')
    await eventually(() => page.locator('.pointed').innerText()).toBe(top)
    if (kind !== 'icicle') return
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await settled(page)
    expect(page.url()).toContain(`id=${id}`)
    await page.locator('.box').first().focus()
    await page.keyboard.press('Backspace')
    await settled(page)
    expect(page.url()).not.toContain('id=')
  })
}
