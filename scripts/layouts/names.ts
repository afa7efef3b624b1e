import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What reads the runtime's structures. */
const SOURCES = ['extract', 'verify'].map((room) =>
  fileURLToPath(new URL(`../../src/${room}/`, import.meta.url)),
)

/** Packages whose structures the readers ask for. */
const NAME = /['"`]((?:runtime|runtime\/pprof|internal\/[\w/]+)\.[A-Za-z_]\w*)['"`]/g
const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*/g

/** Every name of the runtime's that src/extract and src/verify have between quotes, ascending: structures, constants, variables, functions. */
export function namesInSources(): string[] {
  const names = new Set<string>()
  for (const text of sources()) for (const [, name] of text.matchAll(NAME)) names.add(name)
  return [...names].sort()
}

/** Every word of them but those of comments: whatever a reader asks for a field by is among them. */
export function wordsInSources(): Set<string> {
  const words = new Set<string>()
  for (const text of sources()) {
    for (const [word] of text.replace(COMMENT, ' ').matchAll(/[A-Za-z_]\w*/g)) words.add(word)
  }
  return words
}

function sources(): string[] {
  return SOURCES.flatMap((room) =>
    readdirSync(room, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('dwarf'))
      .map((file) => readFileSync(join(room, file), 'utf8')),
  )
}
