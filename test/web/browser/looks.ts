import { expect, it } from 'vitest'
import { accessibilityFaults, GUIDELINES } from '../chromium.ts'
import { goTo, type Site } from '../site.ts'

const VIEWS = [
  'overview',
  'histogram',
  'histogram?by=size',
  'histogram?by=package',
  'dominators',
  'dominators?by=package',
  'picture',
  'picture?kind=icicle',
  'picture?kind=merged-treemap',
  'goroutines?group=1',
  'memory',
  'waste',
  'waste?query=waste-types',
  'waste?query=padding',
  'compare',
  'compare?by=path',
  'sql?query=histogram-by&sql=SELECT+kind,+COUNT(*)+AS+n+FROM+roots+GROUP+BY+1',
]

/** Readable by all, at any width, in the light and in the dark. */
export function testLooks(site: Site): void {
  const listViews = () => {
    const [[id]] = site.rows(`SELECT id FROM objects_named WHERE type = 'main.Session' AND reachable LIMIT 1`)
    const [[goroutine]] = site.rows('SELECT goroutine_id FROM goroutine_stacks ORDER BY id LIMIT 1')
    const [[type]] = site.rows(`SELECT type_id FROM histogram WHERE type = 'main.Session'`)
    const last = site.figure(
      'SELECT id FROM objects WHERE retained_size > 0 ORDER BY retained_size DESC LIMIT 1',
    )
    return [
      ...VIEWS,
      `dominators?open=${last}`,
      `node?id=${id}`,
      `node?id=${goroutine}`,
      `objects?type=${type}`,
      `objects?type=${type}&as=paths`,
      'objects?package=main',
    ]
  }

  it.each([
    ['accessible', false, GUIDELINES],
    // Only colours differ.
    ['readable in the dark', true, ['color-contrast']],
  ])(
    'every view is %s',
    async (_name, isDark, rules) => {
      const page = await site.openAt('overview', { isDark })
      for (const view of listViews()) {
        await goTo(page, view)
        expect([view, await accessibilityFaults(page, rules)]).toEqual([view, []])
      }
      await page.keyboard.press('?')
      expect(await accessibilityFaults(page, rules)).toEqual([])
    },
    300_000,
  )

  it.each([1280, 2560])('nothing runs out of a page of %d pixels', async (width) => {
    const page = await site.openAt('overview', { width })
    for (const view of listViews()) {
      await goTo(page, view)
      const wide = await page.evaluate('document.documentElement.scrollWidth')
      expect([view, wide]).toEqual([view, width])
    }
  })
}
