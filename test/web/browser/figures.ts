import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { readQuery } from '../../../src/index.ts'
import { formatBytes, formatCount, formatPercent } from '../../../src/web/app/format.ts'
import { eventually, settled } from '../chromium.ts'
import type { Older } from '../older.ts'
import { follow, goTo, type Site } from '../site.ts'

/** Every view is reached from the first page, and its figures are those of SQL. */
export function testFigures(site: Site, older: Older): void {
  const { rows, figure } = site

  it('the first page tells how big the heap is, what may leak and who holds it, and leads to the holder', async () => {
    const page = await site.openFirst()
    const text = await page.locator('main').innerText()
    expect(text).toContain(formatBytes(figure('SELECT SUM(size) FROM objects WHERE reachable')))
    expect(text).toContain(
      formatPercent(
        figure(
          'SELECT 100.0 * SUM(CASE WHEN type_id IS NULL THEN 0 ELSE size END) / SUM(size) FROM objects WHERE reachable',
        ),
      ),
    )
    for (const key of ['memory', 'heap.in-use', 'heap.in-use.objects.reachable.values.used']) {
      expect(await page.locator('.funnel').innerText()).toContain(
        formatBytes(figure(`SELECT bytes FROM memory_account WHERE key = '${key}'`)),
      )
    }
    const query = readQuery('suspects')
    const suspects = rows(query.sql.replaceAll(':min_share', '10'))
    const [size, share, field] = ['gathers_size', 'share', 'field'].map((name) =>
      query.columns.findIndex((column) => column.name === name),
    )
    expect(await page.locator('.suspects > li').count()).toBe(suspects.length)
    for (const [i, suspect] of suspects.entries()) {
      const told = await page.locator('.suspects > li').nth(i).innerText()
      expect(told).toContain(`${formatBytes(suspect[size])} ${formatPercent(Number(suspect[share]))}`)
      expect(told).toContain(suspect[field] ?? '')
    }
    const [[id, label]] = rows('SELECT id, label FROM nodes ORDER BY retained_size DESC LIMIT 1')
    expect(text).toContain(formatBytes(figure(`SELECT retained_size FROM nodes WHERE id = ${id}`)))
    await page.locator(`a[href="#/node?id=${id}"]`).first().click()
    await settled(page)
    expect(await page.locator('h1').innerText()).toContain(String(label).replace(/^global /, ''))
  })

  it('the walk of the guide leads from the first page to the fields that leak', async () => {
    const page = await site.openFirst()
    await page.locator('.suspects > li').first().getByRole('link', { name: 'the largest' }).click()
    await settled(page)
    expect(await page.locator('h1').innerText()).toContain('main.Session')
    const path = page.getByRole('region', { name: 'Path from a root' })
    expect(await path.innerText()).toContain('main.SessionStore.byToken')
    const token = page.getByRole('grid', { name: 'Values' }).getByRole('row').filter({ hasText: '.Token' })
    expect(await token.innerText()).toMatch(/len 16 cap \d{4}[\s\S]* KiB$/)
    await token.getByRole('link').click()
    await settled(page)
    expect(await path.innerText()).toMatch(/main\.Session\.Token\s+\[\d+\]uint8$/)
    await page.goBack()
    await settled(page)
    await page.getByRole('link', { name: 'all objects of this type' }).click()
    await settled(page)
    await page.getByLabel('how roots reach them').check()
    await settled(page)
    const sessions = figure(`SELECT reachable_objects FROM histogram WHERE type = 'main.Session'`)
    await page.getByRole('button', { name: /^main\.Session, / }).hover()
    await eventually(() => page.locator('.pointed').innerText()).toContain(
      `100.0 % · ${sessions}× main.Session`,
    )
    await follow(page, 'Overview')
    await page
      .locator('.suspects > li')
      .nth(1)
      .getByRole('link', { name: /AuditLog/ })
      .click()
    await settled(page)
    await page.locator('.groups summary').first().click()
    await page.locator('.groups details[open] tbody a').first().click()
    await settled(page)
    expect(await page.locator('.calls').innerText()).toMatch(
      /value sent on channel → main\.AuditEntry keeps 16\.1 KiB/,
    )
  })

  it('every view of the menu is there and shows figures of the database', async () => {
    const page = await site.openFirst()
    await follow(page, 'Histogram')
    const [[type, objects]] = rows(
      `SELECT type, reachable_objects FROM histogram WHERE type LIKE 'main.%' ORDER BY reachable_bytes DESC LIMIT 1`,
    )
    await page.getByLabel('Filter names').fill(String(type))
    const row = page.getByRole('row').filter({ has: page.getByTitle(String(type), { exact: true }) })
    await eventually(() => row.innerText()).toContain(formatCount(objects))
    await row.getByRole('link').click()
    await settled(page)
    expect(await page.locator('h1').innerText()).toContain(String(type))

    await follow(page, 'Dominators')
    const top = figure('SELECT MAX(retained_size) FROM nodes')
    expect(await branch(page, 0).innerText()).toContain(formatBytes(top))

    await follow(page, 'Flame graph')
    expect(await page.locator('.pointed').innerText()).toContain(
      formatBytes(figure('SELECT SUM(size) FROM objects WHERE reachable')),
    )

    await follow(page, 'Goroutines')
    expect(await page.locator('main').innerText()).toContain(
      `${figure('SELECT COUNT(*) FROM goroutines')} goroutines in ${figure('SELECT COUNT(*) FROM goroutine_stacks')} groups`,
    )

    await follow(page, 'Memory & GC')
    const collector = page.getByRole('table', { name: 'Collector' }).getByRole('row')
    const gc = rows(readQuery('gc').sql)
    expect(await collector.count()).toBe(gc.length + 1)
    for (const [i, [name, value, unit, remark]] of gc.entries()) {
      const told = await collector.nth(i + 1).innerText()
      expect(told).toContain(name)
      if (value === null) expect(told).toContain('off')
      else if (unit === 'bytes') expect(told).toContain(formatBytes(value))
      else if (unit === 'count') expect(told).toContain(formatCount(value))
      expect(told).toContain(remark ?? '')
    }
    const account = page.getByRole('table', { name: 'Memory account' })
    expect(await account.getByRole('row').count()).toBe(
      figure('SELECT COUNT(*) FROM memory_account WHERE bytes IS NOT 0') + 1,
    )

    await follow(page, 'Strings & waste')
    const kinds = page.getByRole('table', { name: 'Kinds of waste' })
    const [[kind, bytes]] = rows(readQuery('waste').sql)
    const worstKind = await kinds.getByRole('row').nth(1).innerText()
    expect(worstKind).toContain(kind)
    expect(worstKind).toContain(formatBytes(bytes))
    await kinds.getByRole('link', { name: 'rounding' }).click()
    await settled(page)
    const [[worst]] = rows(`
      SELECT t.name FROM waste_totals w JOIN types t ON t.id = w.type_id WHERE w.kind = 'rounding' ORDER BY w.bytes DESC LIMIT 1`)
    expect(await page.getByRole('grid').getByRole('row').nth(1).innerText()).toContain(worst)
    await page.getByRole('radio', { name: 'equal strings' }).check()
    await settled(page)
    const [[length, copies]] = rows('SELECT length, copies FROM duplicate_strings ORDER BY id LIMIT 1')
    const first = await page.getByRole('grid').getByRole('row').nth(1).innerText()
    expect(first).toContain(formatBytes(length))
    expect(first).toContain(formatCount(copies))

    await follow(page, 'SQL')
    await page.getByRole('button', { name: 'Run' }).click()
    const result = page.getByRole('grid', { name: 'SQL result' })
    await result.waitFor()
    const [[heaviest]] = rows('SELECT type FROM histogram ORDER BY reachable_bytes DESC LIMIT 1')
    expect(await result.getByRole('row').nth(1).innerText()).toContain(heaviest)
  })

  it('groups of the dominator tree open to their nodes, and a link shows what was open', async () => {
    const page = await site.openAt('dominators?by=goroutine')
    const [[stack, goroutines, bytes]] = rows(
      `SELECT function || ' [' || wait_reason || ']', goroutines, retained_size FROM goroutine_stacks ORDER BY id LIMIT 1`,
    )
    const group = page.getByRole('row').filter({ has: page.getByTitle(String(stack), { exact: true }) })
    expect(await group.innerText()).toContain(`${goroutines}×`)
    expect(await group.innerText()).toContain(formatBytes(bytes))
    await group.click()
    await page.locator('[aria-level="2"]').first().waitFor()
    await settled(page)
    // A page of them, and a row that asks for more.
    expect(await page.locator('[aria-level="2"]').count()).toBe(Math.min(101, Number(goroutines)))
    await page.locator('[aria-level="2"]').first().click()
    await page.locator('[aria-level="3"]').first().waitFor()
    const other = await site.openUrl(page.url())
    await other.locator('[aria-level="3"]').first().waitFor()
    expect(await other.locator('[aria-expanded=true]').count()).toBe(2)
  })

  it('an object shows its fields with values, who points at it and what holds it', async () => {
    const [[id]] = rows(`SELECT id FROM objects_named WHERE type = 'main.Session' AND reachable LIMIT 1`)
    const page = await site.openAt(`node?id=${id}`)
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
    // The path stays in sight.
    await page.mouse.wheel(0, 2000)
    expect(await page.getByRole('heading', { name: 'Path from a root' }).isVisible()).toBe(true)
  })

  it('a group of goroutines leads to one with its calls, variables and what they hold', async () => {
    const page = await site.openAt('goroutines')
    await page.locator('.groups summary').first().click()
    await page.locator('.groups details[open] tbody a').first().click()
    await settled(page)
    const [[id]] = rows(`
      SELECT m.goroutine_id FROM goroutine_stack_members m JOIN roots r ON r.id = m.goroutine_id
      WHERE m.stack_id = 1 ORDER BY r.retained_size DESC, r.id LIMIT 1`)
    const calls = `(SELECT id FROM frames WHERE goroutine_id = ${id})`
    const frames = figure(`SELECT COUNT(*) FROM ${calls}`)
    const variables = figure(`SELECT COUNT(*) FROM roots WHERE parent_id IN ${calls}`)
    const target = figure(`
      SELECT e.target_id FROM roots v JOIN root_edges e ON e.root_id = v.id
      WHERE v.parent_id IN ${calls} ORDER BY v.retained_size DESC LIMIT 1`)
    expect(page.url()).toContain(`#/node?id=${id}`)
    expect(await page.locator('.calls > li').count()).toBe(frames)
    expect(await page.locator('.variables > li').count()).toBe(variables)
    await page.locator(`.variables a[href="#/node?id=${target}"]`).first().click()
    await settled(page)
    expect(await page.locator('h1').innerText()).toContain('main.AuditEntry')
  })

  it('beside another heap the histogram has changes, and a view lists them', async () => {
    const page = await site.openAt('histogram?filter=main.Session')
    const bytes = figure(`SELECT reachable_bytes FROM histogram WHERE type = 'main.Session'`)
    const row = page.getByRole('row').filter({ has: page.getByTitle('main.Session', { exact: true }) })
    expect(await row.innerText()).toContain(`+${formatBytes(bytes)}`)
    await follow(page, 'Compare')
    const text = await page.locator('main').innerText()
    expect(text).toContain(formatBytes(figure('SELECT SUM(size) FROM objects WHERE reachable')))
    expect(text).toContain(
      formatBytes([...older.db.query('SELECT SUM(size) FROM objects WHERE reachable').rows][0][0]),
    )
    await page.getByLabel('Filter names').fill('main.Session')
    const grown = figure(
      `SELECT dominated_size FROM group_totals WHERE grouping = 'type' AND name = 'main.Session'`,
    )
    await eventually(() => page.getByRole('grid').innerText()).toContain(`+${formatBytes(grown)}`)
  })

  it('the address is the view: links restore it, and back goes back', async () => {
    const page = await site.openAt('histogram?by=package&filter=main&sort=-objects')
    expect(await page.getByLabel('package', { exact: true }).isChecked()).toBe(true)
    expect(await page.getByLabel('Filter names').inputValue()).toBe('main')
    expect(await page.locator('[aria-sort=descending]').innerText()).toContain('all objects')
    await page.getByLabel('kind', { exact: true }).check()
    await settled(page)
    await follow(page, 'Dominators')
    await page.goBack()
    await settled(page)
    expect(page.url()).toContain('by=kind')
    await page.goBack()
    await settled(page)
    expect(page.url()).toContain('#/histogram?by=package&filter=main&sort=-objects')
    const other = await site.openUrl(page.url())
    expect(await other.getByLabel('Filter names').inputValue()).toBe('main')
  })

  it.each([
    ['nowhere', 'There is no view “nowhere”'],
    ['node?id=x', 'id has to be a whole number'],
    ['objects?type=999999999', 'there is no type 999999999'],
    ['picture?id=999999999', 'there is no place 999999999'],
    ['histogram?by=colour', 'by has to be one of'],
    // Cut off in the middle of a letter.
    ['dominators?open=%25E0%25A4%25A', 'what it alone keeps alive'],
    ['histogram?at=99999999&sort=colour', 'of reachable objects'],
    ['waste?query=colour', 'Memory that serves no purpose'],
    ['waste?query=waste-types&kind=colour', 'Types whose objects'],
    ['waste?query=waste-types&kind=pinned+arrays', 'Types whose objects'],
  ])('a link that is wrong or cut off, as #/%s, says so or shows what it can', async (view, words) => {
    const page = await site.openAt(view, { mayBeRefused: true })
    expect(await page.locator('main').innerText()).toContain(words)
    expect(await page.locator('h1').count()).toBe(1)
  })

  it('tables are saved as they are shown, and whole', async () => {
    const page = await site.openAt('histogram?by=kind')
    const csv = await download(page, 'Save Histogram by kind as CSV')
    const lines = csv.text.trimEnd().split('\r\n')
    expect(csv.name).toBe('histogram-by-kind.csv')
    expect(lines[0]).toMatch(/^name,reachable_objects,reachable_bytes,/)
    // Those that only the older heap has as well.
    const kinds = `SELECT COALESCE(name, '') FROM group_totals WHERE grouping = 'kind'`
    const names = [...rows(kinds), ...older.db.query(kinds).rows].map(([name]) => name)
    expect(lines.length - 1).toBe(new Set(names).size)
    await goTo(page, 'overview')
    const json = await download(page, 'Save Types as JSON')
    const types = JSON.parse(json.text)
    expect(types[0].reachable_bytes).toBe(figure('SELECT MAX(reachable_bytes) FROM type_totals'))
    // All of them, and not the few that the first page has.
    expect(types.length).toBe(figure('SELECT COUNT(*) FROM histogram'))
    const [[type, objects]] = rows(
      `SELECT type_id, objects FROM histogram WHERE type_id IS NOT NULL ORDER BY objects DESC LIMIT 1`,
    )
    await goTo(page, `objects?type=${type}`)
    expect(await page.locator('main').innerText()).toContain(`100 of ${formatCount(objects)} rows`)
    const all = await download(page, 'Save Objects of the type as CSV')
    expect(all.text.trimEnd().split('\r\n').length).toBe(Number(objects) + 1)
    await goTo(page, 'memory')
    const account = await download(page, 'Save Memory account as CSV')
    expect(account.text).toContain(`\r\nobjects,${figure('SELECT SUM(size) FROM objects')},`)
  })
}

/** Rows of the tree, the head left out. */
const branch = (page: Page, place: number) =>
  page
    .getByRole('treegrid')
    .getByRole('row')
    .nth(place + 1)

async function download(page: Page, button: string): Promise<{ name: string; text: string }> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ])
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') }
}
