import { expect, it } from 'vitest'
import { eventually } from '../chromium.ts'
import { goTo, type Site } from '../site.ts'

/** The SQL console. */
export function testSql(site: Site): void {
  it('SQL is completed, run by keyboard, drawn, saved and found again', async () => {
    const page = await site.openAt('sql')
    const editor = page.locator('.cm-content')
    await editor.click()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText('SELECT COUNT(*) FROM group_')
    await page.keyboard.type('to')
    await page.locator('.cm-tooltip-autocomplete').getByText('group_totals').click()
    await eventually(() => editor.innerText()).toContain('FROM group_totals')
    await page.keyboard.press('Control+a')
    await page.keyboard.type(
      '-- @chart bar kind n\nSELECT kind, COUNT(*) AS n FROM roots GROUP BY 1 ORDER BY 2 DESC',
    )
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+Enter')
    const result = page.getByRole('grid', { name: 'SQL result' })
    await result.waitFor()
    const kinds = site.figure('SELECT COUNT(DISTINCT kind) FROM roots')
    expect(await result.getAttribute('aria-rowcount')).toBe(String(kinds + 1))
    expect(await page.locator('.chart .track').count()).toBe(Math.min(20, kinds))
    await page.getByLabel('Saved').fill('roots by kind')
    await page.getByRole('button', { name: 'save', exact: true }).click()
    await page.getByRole('button', { name: 'forget' }).waitFor()

    const other = await site.openAt('sql')
    await other.getByLabel('Saved').fill('roots by kind')
    await eventually(() => other.locator('.cm-content').innerText()).toContain('FROM roots GROUP BY')
    await other.getByRole('button', { name: 'forget' }).click()
    await other.getByRole('button', { name: 'forget' }).waitFor({ state: 'detached' })
  })

  it('a bundled query runs as it is chosen, with the chart of its header; what is wrong is told', async () => {
    const page = await site.openAt('sql', { mayBeRefused: true })
    await page.getByLabel('Start from').selectOption('top-roots')
    await page.getByRole('grid', { name: 'SQL result' }).waitFor()
    expect(await page.locator('.chart .track').count()).toBeGreaterThan(3)
    const [[name]] = site.rows(
      `SELECT name FROM roots WHERE parent_id IS NULL ORDER BY retained_size DESC LIMIT 1`,
    )
    expect(await page.getByRole('grid').innerText()).toContain(name)
    await page.getByLabel('Start from').selectOption('histogram-by')
    await page.locator('label', { hasText: /^by / }).locator('select').selectOption('size class')
    const [[slot]] = site.rows(
      `SELECT size FROM objects WHERE reachable GROUP BY size ORDER BY SUM(size) DESC LIMIT 1`,
    )
    await eventually(() => page.getByRole('row').nth(1).innerText()).toMatch(new RegExp(`^${slot}\\b`))
    await page.getByLabel('Start from').selectOption('top-roots')
    await eventually(() => page.getByRole('grid').innerText()).toContain(name)
    await goTo(page, 'sql?sql=SELECT+1+FROM+nowhere')
    await eventually(() => page.getByRole('alert').innerText()).toContain('no such table: nowhere')
    await page.goBack()
    await eventually(() => page.locator('.cm-content').innerText()).toContain('FROM')
    await page.getByRole('grid', { name: 'SQL result' }).waitFor()
    expect(await page.getByRole('grid').innerText()).toContain(name)
  })
}
