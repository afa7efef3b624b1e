import { NONE, type TypeField, type TypeIndex } from '../../../model/types.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'

/** Bytes from the start of an entry to its `overflow`, after the node. */
export const OVERFLOW_OFFSET = 8

/** True for the type `node` of sync.Map's HashTrieMap or of its copy in unique (unique/canonmap.go, Go 1.25), which is what its pointers claim to lead to. */
export function isTrieNode(name: string): boolean {
  return /^(internal\/(sync|concurrent)|unique)\.node\[/.test(name)
}

/**
 * What a *node of a HashTrieMap really points to: node.isEntry tells an entry from an inner node, both of which begin
 * with a node. internal/sync/hashtriemap.go; NONE when the binary does not describe it.
 */
export function trieNode(catalog: TypeCatalog, node: TypeIndex, isEntry: boolean): TypeIndex {
  const { name } = catalog.table.rows[node]
  const whole = catalog.byName(name.replace('.node[', isEntry ? '.entry[' : '.indirect['))
  return whole === NONE && isEntry ? makeEntry(catalog, node) : whole
}

/** A row without its parts. */
const STRUCT = {
  kind: 'struct',
  pointerBytes: undefined,
  element: NONE,
  key: NONE,
  length: undefined,
  runtimeAddress: undefined,
} as const

/** Generic code of Go 1.27 allocates entries by shape, so that the binary need not describe them. */
function makeEntry(catalog: TypeCatalog, node: TypeIndex): TypeIndex {
  const { rows } = catalog.table
  const { name } = rows[node]
  if (name.startsWith('unique.')) return makeUniqueEntry(catalog, node)
  const [key, value] = typeArguments(name).map((argument) => catalog.byName(argument))
  const pointer = catalog.byName('unsafe.Pointer')
  if ([key, value, pointer].some((type) => type === undefined || type === NONE)) return NONE
  // Only after a key of whole words is the value's place known without its alignment.
  if (rows[key].size % 8 !== 0) return NONE
  const valueOffset = 16 + rows[key].size
  return catalog.named(name.replace('.node[', '.entry['), () => ({
    ...STRUCT,
    package: rows[node].package,
    size: Math.ceil((valueOffset + rows[value].size) / 8) * 8,
    fields: [
      { name: 'node', offset: 0, type: node, isEmbedded: true },
      { name: 'overflow', offset: OVERFLOW_OFFSET, type: pointer, isEmbedded: false },
      { name: 'key', offset: 16, type: key, isEmbedded: false },
      { name: 'value', offset: valueOffset, type: value, isEmbedded: false },
    ],
  }))
}

/** unique/canonmap.go, entry: a node, the next entry, a weak pointer to the value, the value's hash. */
function makeUniqueEntry(catalog: TypeCatalog, node: TypeIndex): TypeIndex {
  const { rows } = catalog.table
  const { name } = rows[node]
  const [pointer, hash] = ['unsafe.Pointer', 'uintptr'].map((part) => catalog.byName(part))
  if (pointer === NONE || hash === NONE) return NONE
  const struct = (size: number, fields: TypeField[]) => ({
    ...STRUCT,
    package: rows[node].package,
    size,
    fields,
  })
  const key = catalog.named(name.replace('unique.node[', 'weak.Pointer['), () =>
    struct(8, [{ name: 'u', offset: 0, type: pointer, isEmbedded: false }]),
  )
  if (key === NONE || rows[key].size !== 8) return NONE
  return catalog.named(name.replace('.node[', '.entry['), () =>
    struct(32, [
      { name: 'node', offset: 0, type: node, isEmbedded: true },
      { name: 'overflow', offset: OVERFLOW_OFFSET, type: pointer, isEmbedded: false },
      { name: 'key', offset: 16, type: key, isEmbedded: false },
      { name: 'hash', offset: 24, type: hash, isEmbedded: false },
    ]),
  )
}

/** Type arguments of an instance's name: `p.T[int,map[string]q.U]` has two. */
function typeArguments(name: string): string[] {
  const from = name.indexOf('[') + 1
  const found: string[] = []
  let depth = 0
  let start = from
  for (let i = from; i < name.length; i++) {
    const letter = name[i]
    if ('[({'.includes(letter)) depth++
    if ((letter === ',' && depth === 0) || (letter === ']' && depth === 0)) {
      found.push(name.slice(start, i))
      start = i + 1
      if (letter === ']') break
    }
    if ('])}'.includes(letter)) depth--
  }
  return found
}
