import type { Page } from 'playwright-core'
import type { Cell } from '../../src/index.ts'
import type { Leaky } from '../answers/leaky.ts'
import { settled, type useBrowser } from './chromium.ts'
import type { useViewer } from './started.ts'

/** What the tests in the browser ask: pages of the viewer, and the same database by SQL. */
export interface Site {
  /** The first page. */
  openFirst(): Promise<Page>
  /** A view by its address behind `#/`. */
  openAt(hash: string, options?: Parameters<ReturnType<typeof useBrowser>['open']>[1]): Promise<Page>
  /** Another tab, at a whole address. */
  openUrl(url: string): Promise<Page>
  rows(sql: string): Cell[][]
  figure(sql: string): number
}

export function makeSite(
  leaky: Leaky,
  viewer: ReturnType<typeof useViewer>,
  browser: ReturnType<typeof useBrowser>,
): Site {
  const rows = (sql: string) => [...leaky.db.query(sql).rows]
  return {
    openFirst: () => browser.open(viewer.asker.url.href),
    openAt: (hash, options) => browser.open(`${viewer.asker.url.href}#/${hash}`, options),
    openUrl: (url) => browser.open(url),
    rows,
    figure: (sql) => Number(rows(sql)[0][0]),
  }
}

/** A view in a page that is open. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate(`window.location.hash = ${JSON.stringify(`#/${hash}`)}`)
  await settled(page)
}

/** A view of the menu. */
export async function follow(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click()
  await settled(page)
}
