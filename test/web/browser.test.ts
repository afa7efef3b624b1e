import { describe, vi } from 'vitest'
import { useLeaky } from '../answers/leaky.ts'
import { because } from '../oracle/toolchain.ts'
import { testFigures } from './browser/figures.ts'
import { testKeys } from './browser/keys.ts'
import { testLooks } from './browser/looks.ts'
import { testPictures } from './browser/pictures.ts'
import { testReadiness } from './browser/readiness.ts'
import { testSql } from './browser/sql.ts'
import { missingChromium, useBrowser } from './chromium.ts'
import { useOlder } from './older.ts'
import { makeSite } from './site.ts'
import { useViewer } from './started.ts'

vi.setConfig({ testTimeout: 90_000 })

const leaky = useLeaky()
const older = useOlder()
const viewer = useViewer(leaky.path, { compare: older.path, savedQueries: older.savedQueries })
const browser = useBrowser()

// One browser, one server and one database for all.
describe.skipIf(missingChromium)(`in Chromium${because(missingChromium)}`, () => {
  const site = makeSite(leaky, viewer, browser)
  testFigures(site, older)
  testPictures(site)
  testKeys(site)
  testSql(site)
  testReadiness(browser, leaky)
  testLooks(site)
})
