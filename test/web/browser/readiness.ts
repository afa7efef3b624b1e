import { expect, it } from 'vitest'
import { startViewer } from '../../../src/web/server/serve.ts'
import type { Leaky } from '../../answers/leaky.ts'
import { eventually, settled, type useBrowser } from '../chromium.ts'

/** The page that goheap view shows while it indexes. */
export function testReadiness(browser: ReturnType<typeof useBrowser>, leaky: Leaky): void {
  it('the page shows how far the index run is, then the heap by itself', async () => {
    const viewer = await startViewer({})
    try {
      viewer.report('edges', 1, 4)
      const page = await browser.open(viewer.url, { isReady: false })
      await eventually(() => page.getByRole('status').innerText()).toBe('Indexing the core: edges')
      expect(await page.locator('.stages .now').innerText()).toBe('edges 25.0 %')
      viewer.report('write', 0, 0)
      await eventually(() => page.getByRole('status').innerText()).toBe('Indexing the core: write')
      viewer.show(leaky.path)
      await settled(page)
      expect(await page.locator('h1').innerText()).toContain('example.com/fixtures/leaky')
    } finally {
      await viewer.close()
    }
  })

  it('the page says why there will be no heap', async () => {
    const viewer = await startViewer({})
    try {
      viewer.fail('goheap: this is no core; give an ELF core')
      const page = await browser.open(viewer.url, { isReady: false })
      await eventually(() => page.getByRole('alert').innerText()).toContain('this is no core')
    } finally {
      await viewer.close()
    }
  })
}
