import { copyFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import { extract } from '../../src/extract/extract.ts'
import { openCore } from '../../src/extract/file/core.ts'
import { Problems } from '../../src/model/problem.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { serve, type Viewer } from '../../src/web/server/serve.ts'
import { useLeaky } from '../answers/leaky.ts'
import { because, buildProgram, crashProgram, missingGo } from '../oracle/toolchain.ts'
import { missingChromium, settled, useBrowser } from './chromium.ts'

vi.setConfig({ testTimeout: 120_000 })

/** Text that would set window.attacked, or ask another host, were it ever run; useBrowser sees to the latter. */
const ATTACK = `<img src=http://attacker.example/x onerror="window.attacked=1"><script>window.attacked=1</script>`

const leaky = useLeaky()
const browser = useBrowser()

async function visit(page: Page, hash: string): Promise<string> {
  await page.evaluate(`window.location.hash = ${JSON.stringify(`#/${hash}`)}`)
  await settled(page)
  expect(await page.evaluate('window.attacked')).toBeUndefined()
  expect(await page.locator('main img, main script, main iframe, main link').count()).toBe(0)
  return page.locator('main').innerText()
}

async function withViewer(path: string, use: (url: string) => Promise<void>, files = {}): Promise<void> {
  const viewer: Viewer = await serve(path, files)
  try {
    await use(viewer.url)
  } finally {
    await viewer.close()
  }
}

describe.skipIf(missingChromium)(`hostile text stays text${because(missingChromium)}`, () => {
  it('in names of types, variables, functions, packages, files and problems', async () => {
    // A debugger's names come from a file that somebody else made.
    const path = join(dirname(leaky.path), 'hostile.db')
    copyFileSync(leaky.path, path)
    const db = new Database(path)
    const attack = ATTACK.replaceAll("'", "''")
    db.exec(`
      UPDATE types SET name = '${attack}' || id, package = '${attack}';
      UPDATE roots SET name = '${attack}' || id;
      UPDATE group_totals SET name = '${attack}' || id WHERE grouping <> 'size class';
      UPDATE dominator_paths SET name = '${attack}';
      UPDATE goroutine_stacks SET frames = '${attack}', function = '${attack}', wait_reason = '${attack}';
      UPDATE frames SET function = '${attack}', file = '${attack}';
      UPDATE fields SET name = '${attack}';
      INSERT INTO problems (stage, severity, code, message, count) VALUES ('types', 'error', '${attack}', '${attack}', 1);
      UPDATE metadata SET value = '${attack}' WHERE key IN ('main_module', 'binary_file');`)
    const [id, type] = db
      .prepare(
        'SELECT id, type_id FROM objects WHERE type_id IS NOT NULL ORDER BY retained_size DESC LIMIT 1',
      )
      .raw()
      .get() as [number, number]
    db.close()
    await withViewer(path, async (url) => {
      const page = await browser.open(url)
      for (const view of [
        'overview',
        'histogram',
        'histogram?by=package',
        'dominators',
        'dominators?by=type',
        'dominators?by=goroutine',
        'picture',
        'picture?kind=merged-treemap',
        'goroutines?group=1',
        `node?id=${id}`,
        'sql?sql=SELECT+name+FROM+types',
        `objects?type=${type}`,
      ]) {
        await visit(page, view)
        // Pictures are drawn once their width is known.
        await expect.poll(() => page.locator('main').innerText(), { message: view }).toContain('<img')
      }
    })
  })

  const reason = missingGo('1.26.8')
  describe.skipIf(reason)(`of a program’s own strings${because(reason)}`, () => {
    let files: { core: string; binary: string }
    const path = join(dirname(leaky.path), 'strings.db')
    beforeAll(async () => {
      files = crashProgram(buildProgram('hostile', '1.26.8'))
      const problems = new Problems()
      const core = openCore(files.core, files.binary, problems)
      const heap = await extract(core, problems, { stringValues: true, threads: 1 })
      await writeDatabase(analyse(heap), path)
      core.close()
    }, 300_000)

    it('in values, keys of maps, strings and results of SQL', async () => {
      const db = new Database(path, { readonly: true })
      const pages = db.prepare(`SELECT id FROM objects_named WHERE type = 'main.Page'`).pluck().all()
      const maps = db
        .prepare(`SELECT id FROM objects_named WHERE type LIKE 'map%string%' AND reachable`)
        .pluck()
        .all()
      const texts = db.prepare(`SELECT object_id FROM strings WHERE value LIKE '%attacked=1%'`).pluck().all()
      db.close()
      expect(pages).toHaveLength(10)
      expect(texts.length).toBeGreaterThan(6)
      await withViewer(
        path,
        async (url) => {
          const page = await browser.open(url)
          const shown: string[] = []
          for (const id of [...pages, ...maps.slice(0, 20), ...texts]) {
            shown.push(await visit(page, `node?id=${id}`))
          }
          const all = shown.join('\n')
          expect(all).toContain('<img src=x onerror=\\"window.attacked=1\\">')
          expect(all).toContain('"javascript:window.attacked=1"')
          expect(
            await visit(page, `sql?sql=SELECT+value+FROM+strings+WHERE+value+LIKE+'%25svg%25'`),
          ).toContain('<svg onload=')
          await visit(page, `histogram?filter=${encodeURIComponent(ATTACK)}`)
          await page.getByLabel('Find an address, a type or a variable').fill(ATTACK)
          await page.locator('.found').waitFor()
          expect(await page.evaluate('window.attacked')).toBeUndefined()
        },
        files,
      )
    })
  })
})
