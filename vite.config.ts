import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** Builds the page of the web viewer; its server reads the files from dist/viewer. */
export default defineConfig({
  root: fileURLToPath(new URL('./src/web/app', import.meta.url)),
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('./dist/viewer', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    // One script and one style sheet: nothing is inlined that the page's security policy would refuse.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
