import { expect, it } from 'vitest'
import { eventually, settled } from '../chromium.ts'
import { goTo, type Site } from '../site.ts'

/** How many cells of a table hold more than is seen. */
const RUN_OUT = `
  [...document.querySelectorAll('[role=gridcell]')].filter((cell) => cell.scrollWidth > cell.clientWidth).length`

/** Everything without a mouse. */
export function testKeys(site: Site): void {
  it('the keyboard reaches everything', async () => {
    const page = await site.openFirst()
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
    await page.keyboard.press('ArrowDown')
    await eventually(chosen).toBe('3')
    await page.keyboard.press('Enter')
    await settled(page)
    expect(page.url()).toContain('#/objects?type=')
    // Back is to the row that was left.
    await page.goBack()
    await settled(page)
    await eventually(chosen).toBe('3')
    await page.keyboard.press('/')
    await page.keyboard.type('main.sessions')
    await page.locator('.found a').first().waitFor()
    await page.keyboard.press('Enter')
    await settled(page)
    expect(page.url()).toMatch(/#\/(node|objects)\?/)
    await page.keyboard.press('3')
    await settled(page)
    await page.getByRole('treegrid').locator('[tabindex="0"]').focus()
    await page.keyboard.press('ArrowRight')
    await page.locator('[aria-level="2"][tabindex]').first().waitFor()
    await page.keyboard.press('ArrowRight')
    await eventually(() => page.locator(':focus').getAttribute('aria-level')).toBe('2')
    await page.keyboard.press('ArrowLeft')
    await eventually(() => page.locator(':focus').getAttribute('aria-level')).toBe('1')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await settled(page)
    expect(page.url()).toContain('#/node?id=')
    await page.keyboard.press('?')
    expect(await page.getByRole('dialog').innerText()).toContain('search addresses')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  })

  it('a long name is cut in the middle, whole on hover, and copied whole with c', async () => {
    const [[type]] = site.rows('SELECT type FROM histogram ORDER BY LENGTH(type) DESC LIMIT 1')
    const name = String(type)
    const page = await site.openAt(`histogram?filter=${encodeURIComponent(name)}`)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const cell = page.getByRole('gridcell').first().locator('.name')
    const shown = await cell.innerText()
    expect(shown.length).toBeLessThan(name.length)
    const [head, tail] = shown.split('…')
    expect([name.startsWith(head), name.endsWith(tail)]).toEqual([true, true])
    expect(await cell.getAttribute('title')).toBe(name)
    // There is no more room than for what is shown.
    expect(await page.evaluate(RUN_OUT)).toBe(0)
    await page.getByRole('grid').focus()
    await page.keyboard.press('c')
    await eventually(() => page.getByRole('status').last().innerText()).toBe(`Copied ${name}`)
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(name)
    // Without a row chosen by keyboard, what the mouse points at.
    await goTo(page, 'overview')
    await page.locator('.suspects [data-copy]').first().hover()
    const pointed = await page.locator('.suspects [data-copy]').first().getAttribute('data-copy')
    await page.keyboard.press('c')
    await eventually(() => page.evaluate('navigator.clipboard.readText()')).toBe(pointed)
  })
}
