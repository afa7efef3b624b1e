import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GoheapError } from '../../errors.ts'

/** Where vite puts the page; the same place seen from the source tree and from the published package. */
const FOLDER = fileURLToPath(new URL('../../../dist/viewer/', import.meta.url))

const MEDIA_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export interface Asset {
  body: Buffer
  mediaType: string
}

/**
 * All files of the page by request path; '/' is index.html. They are few, and held in memory: no request names a file.
 *
 * @throws GoheapError 'file' when the page has not been built
 */
export function loadAssets(): Map<string, Asset> {
  let names: string[]
  try {
    names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  } catch (error) {
    throw new GoheapError('file', 'the web viewer is not built: npm run build', { cause: error })
  }
  const assets = new Map<string, Asset>()
  for (const name of names) {
    const mediaType = MEDIA_TYPES[extname(name)]
    if (mediaType === undefined) continue
    const path = name === 'index.html' ? '/' : `/${name.replaceAll('\\', '/')}`
    assets.set(path, { body: readFileSync(join(FOLDER, name)), mediaType })
  }
  return assets
}
