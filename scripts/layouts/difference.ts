import type { LayoutPart } from '../../src/extract/go/layout-table.ts'

/** Numbers names of types in the order of their first use. */
export class TypePool {
  readonly names: string[] = []
  readonly #indexes = new Map<string, number>()

  indexOf(name: string): number {
    let index = this.#indexes.get(name)
    if (index === undefined) {
      index = this.names.push(name) - 1
      this.#indexes.set(name, index)
    }
    return index
  }
}

/** What `part` has otherwise than `plain`; undefined when structures, arrays and constants are the same. */
export function differenceOf(part: LayoutPart, plain: LayoutPart): LayoutPart | undefined {
  const structs = changed(part.structs, plain.structs)
  const constants = changed(part.constants, plain.constants)
  const arrays = changed(part.arrays, plain.arrays)
  if ([structs, arrays, constants].every((rows) => Object.keys(rows).length === 0)) return undefined
  const references = Object.entries(part.references).filter(([name, text]) => plain.references[name] !== text)
  return { structs, arrays, constants, references: Object.fromEntries(references) }
}

/** Entries that differ; null for those that are gone. */
function changed<T>(part: Readonly<Record<string, T | null>>, plain: Readonly<Record<string, T | null>>) {
  const rows: [string, T | null][] = Object.entries(part).filter(([name, value]) => plain[name] !== value)
  for (const name of Object.keys(plain)) if (!(name in part)) rows.push([name, null])
  return Object.fromEntries(rows)
}
