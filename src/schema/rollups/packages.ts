import { packageOfName } from '../../extract/go/type-names.ts'
import type { Module } from '../../model/tables.ts'
import type { GoType } from '../../model/types.ts'

/**
 * Import path that a type is put down to: its own, or, of an unnamed type, that of the first named type in its name
 * (`map[string]*main.Session`: main) or of the function of a closure. undefined: it names none (`[]uint8`).
 */
export function packageOfType(type: Pick<GoType, 'name' | 'package'>): string | undefined {
  return type.package ?? findPackage(type.name)
}

/** Names the module that a type is put down to, by path and version; `std` for the standard library, undefined for none. */
export function moduleNamer(
  rows: readonly Module[],
): (type: Pick<GoType, 'name' | 'package'>) => string | undefined {
  const modules = new ModuleFinder(rows)
  return (type) => {
    const path = packageOfType(type)
    if (path === undefined) return undefined
    const row = modules.find(path)
    if (row === undefined) return modules.isStandard(path) ? 'std' : undefined
    const { path: module, version } = rows[row]
    return version === undefined ? module : `${module} ${version}`
  }
}

/** Import path of a function or variable by its full name; undefined when the name has none. */
export function packageOfSymbol(name: string): string | undefined {
  return findPackage(name)
}

/** Import paths have none of these in them. */
const BETWEEN_NAMES = /[\s*[\]{}()<>,;&]+/

function findPackage(name: string): string | undefined {
  for (const word of name.split(BETWEEN_NAMES)) {
    // A method's name goes on with `.(*T).m`: what is before it ends in a dot.
    const named = word.endsWith('.') ? `${word}x` : word
    if (!/^[\p{L}_]/u.test(named)) continue
    // The groups, tables and buckets of maps are the compiler's: their keys and values follow.
    if (/^map\.(group|table|bucket|iter)\b/.test(named)) continue
    const path = packageOfName(stripInner(named))
    if (path !== undefined) return path
  }
  return undefined
}

/** `main.f.func1.2` is main.f: only the first dot after the last slash ends a path, but for a version in it (`yaml.v3`). */
function stripInner(word: string): string {
  const slash = word.lastIndexOf('/') + 1
  const [, path, name] = word.slice(slash).match(/^([^.]+(?:\.v\d+)?)\.+([^.]+)/) ?? []
  return name === undefined ? word : `${word.slice(0, slash)}${path}.${name}`
}

/** Finds the module that a package is part of: the one with the longest path. */
export class ModuleFinder {
  readonly #rows = new Map<string, number>()

  constructor(modules: readonly Module[]) {
    modules.forEach(({ path }, row) => {
      if (!this.#rows.has(path)) this.#rows.set(path, row)
    })
  }

  /** Row of the module; undefined for the standard library and the runtime, which are in none. */
  find(path: string): number | undefined {
    // Programs are always called main, and are of the first module when the build says which.
    if (path === 'main') return this.#rows.size > 0 ? 0 : undefined
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const row = this.#rows.get(path.slice(0, end))
      if (row !== undefined) return row
    }
    return undefined
  }

  /** Is it part of Go itself? Import paths outside of the standard library begin with a domain, or are in a module. */
  isStandard(path: string): boolean {
    if (path === 'main' || this.find(path) !== undefined) return false
    return path.startsWith('vendor/') || !path.split('/')[0].includes('.')
  }
}
