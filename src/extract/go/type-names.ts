import type { TypeKind } from '../../model/types.ts'
import type { Memory } from '../file/memory.ts'
import type { ModuleData } from './moduledata.ts'
import {
  isAddress,
  RTYPE,
  type RtypeField,
  type RtypeHeader,
  readArrayLength,
  readElement,
  readFields,
  readName,
  TFLAG,
} from './rtype.ts'

/**
 * How goheap writes the names of types: as the linker does in DWARF, but with import paths unescaped.
 * `net/http.Header`, `map[string]*net/http.Request`, `main.Pair[int,example.com/a/b.T]`; the n-th type of a package
 * that is declared inside functions ends in `·n`, so that two functions' types `T` differ: `main.T·1`, `main.T·2`.
 */

/** Name of a type by its name in DWARF. An import path as the linker writes it has `%2e` for a dot in its last element, and so on. cmd/internal/objabi, PathToPrefix. */
export function typeNameOf(linkName: string): string {
  // `noalg.` marks the compiler's own types, such as the groups of maps, that have no hash function.
  const name = linkName.includes('noalg.')
    ? linkName.replace(/\bnoalg\.(?=struct \{|map\.|\[)/g, '')
    : linkName
  if (!name.includes('%')) return name
  // Struct tags are the only quoted parts of a type's name, and are not paths.
  return name.replace(/"(?:[^"\\]|\\.)*"|%([0-9a-f]{2})/g, (text, hex?: string) =>
    hex === undefined ? text : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

/** Import path of a named type by its full name; undefined for predeclared and unnamed types. */
export function packageOfName(name: string): string | undefined {
  if (!/^[^\s*[({<]+\.[^\s*({<]/.test(name)) return undefined
  const bracket = name.indexOf('[')
  const head = bracket < 0 ? name : name.slice(0, bracket)
  if (head.startsWith('map.') || head.startsWith('noalg.') || head === 'unsafe.Pointer') return undefined
  const dot = head.indexOf('.', head.lastIndexOf('/') + 1)
  return lastDotBeforeIdentifier(head, dot)
}

/** A path's last element may have dots (`gopkg.in/yaml.v3.Node`): the type's identifier has none. */
function lastDotBeforeIdentifier(head: string, firstDot: number): string | undefined {
  const dot = head.lastIndexOf('.')
  return firstDot < 0 ? undefined : head.slice(0, dot)
}

const MAX_DEPTH = 100

/** Names of descriptors that DWARF does not name: made from their parts, since a descriptor's own string has no import paths. */
export class RtypeNames {
  readonly #memory: Memory
  readonly #modules: readonly ModuleData[]
  readonly #header: (address: number) => RtypeHeader | undefined
  /** Name known already, from DWARF or an earlier row; undefined when not. */
  readonly #known: (address: number) => string | undefined
  /** Size of abi.MapType: the one kind whose fields differ by version. */
  readonly #mapTypeBytes: number
  readonly #made = new Map<number, string | undefined>()

  constructor(source: {
    memory: Memory
    modules: readonly ModuleData[]
    mapTypeBytes: number
    header(address: number): RtypeHeader | undefined
    known(address: number): string | undefined
  }) {
    this.#memory = source.memory
    this.#modules = source.modules
    this.#mapTypeBytes = source.mapTypeBytes
    this.#header = source.header
    this.#known = source.known
  }

  /** undefined when the bytes make no name. Faults as Memory does. */
  nameOf(header: RtypeHeader, depth = 0): string | undefined {
    const { address } = header
    if (this.#made.has(address)) return this.#made.get(address)
    // What is made of itself has no name: only bytes that are no descriptors can be.
    this.#made.set(address, undefined)
    const name = this.#makeName(header, depth)
    this.#made.set(address, name)
    return name
  }

  #makeName(header: RtypeHeader, depth: number): string | undefined {
    if (depth > MAX_DEPTH) return undefined
    if ((header.flags & TFLAG.named) !== 0) return this.#named(header)
    const part = (address: number) => {
      const known = this.#known(address)
      if (known !== undefined) return known
      const inner = this.#header(address)
      return inner && this.nameOf(inner, depth + 1)
    }
    const element = () => part(readElement(this.#memory, header))
    switch (header.kind) {
      case 'ptr':
        return prefixed('*', element())
      case 'slice':
        return prefixed('[]', element())
      case 'array':
        return prefixed(`[${readArrayLength(this.#memory, header)}]`, element())
      case 'chan':
        return this.#chanName(header, element())
      case 'map': {
        const key = part(this.#memory.readWord(header.address + RTYPE.first))
        return key === undefined ? undefined : prefixed(`map[${key}]`, element())
      }
      case 'func':
        return this.#funcName(header, part)
      case 'struct':
        return this.#structName(header, part)
      case 'interface':
        return this.#interfaceName(header, part)
      default:
        return this.stringOf(header)
    }
  }

  /** What reflect.Type.String gives: package names instead of import paths. */
  stringOf(header: RtypeHeader): string | undefined {
    const text = this.#textAt(header, this.#memory.readI32(header.address + RTYPE.name))
    if (text === undefined || text === '') return undefined
    return (header.flags & TFLAG.extraStar) !== 0 ? text.slice(1) : text
  }

  /** Import path in the uncommon part: undefined for types without a name or of no package. */
  packageOf(header: RtypeHeader): string | undefined {
    if ((header.flags & TFLAG.uncommon) === 0 || (header.flags & TFLAG.named) === 0) return undefined
    const bytes = header.kind === 'map' ? this.#mapTypeBytes : (KIND_BYTES[header.kind] ?? RTYPE.bytes)
    const path = this.#textAt(header, this.#memory.readI32(header.address + bytes))
    return path === '' ? undefined : path
  }

  #named(header: RtypeHeader): string | undefined {
    const text = this.stringOf(header)
    const path = this.packageOf(header)
    if (text === undefined || path === undefined) return text
    const bracket = text.indexOf('[')
    const dot = (bracket < 0 ? text : text.slice(0, bracket)).indexOf('.')
    return dot < 0 ? text : `${path}${text.slice(dot)}`
  }

  #chanName(header: RtypeHeader, element: string | undefined): string | undefined {
    if (element === undefined) return undefined
    const direction = this.#memory.readWord(header.address + RTYPE.first + 8)
    if (direction === 1) return `<-chan ${element}`
    if (direction === 2) return `chan<- ${element}`
    return element.startsWith('<-') ? `chan (${element})` : `chan ${element}`
  }

  /** abi.FuncType: InCount, OutCount (top bit: variadic), [uncommon], then the parameters' descriptors. */
  #funcName(header: RtypeHeader, part: (address: number) => string | undefined): string | undefined {
    const ins = this.#memory.readU16(header.address + RTYPE.first)
    const out = this.#memory.readU16(header.address + RTYPE.first + 2)
    const first = header.address + RTYPE.first + 8 + ((header.flags & TFLAG.uncommon) !== 0 ? 16 : 0)
    const types: string[] = []
    for (let i = 0; i < ins + (out & 0x7fff); i++) {
      const name = part(this.#memory.readWord(first + i * 8))
      if (name === undefined) return undefined
      types.push(name)
    }
    const parameters = types.slice(0, ins)
    if ((out & 0x8000) !== 0 && ins > 0) parameters.push(`...${parameters.pop()?.slice(2)}`)
    const results = types.slice(ins)
    const tail =
      results.length > 1 ? ` (${results.join(', ')})` : results.length === 1 ? ` ${results[0]}` : ''
    return `func(${parameters.join(', ')})${tail}`
  }

  #structName(header: RtypeHeader, part: (address: number) => string | undefined): string | undefined {
    const text = this.stringOf(header)
    const fields = readFields(this.#memory, header)
    if (fields === undefined) return undefined
    // The compiler's own structs: groups and buckets of maps.
    if (text !== undefined && !text.startsWith('struct {')) return this.#mapPartName(text, fields, part)
    const path = readName(this.#memory, this.#memory.readWord(header.address + RTYPE.first))?.text
    const parts: string[] = []
    for (const field of fields) {
      const type = part(field.type)
      if (type === undefined) return undefined
      const isExported = /^\p{Lu}/u.test(field.name)
      const name = isExported || path === undefined ? field.name : `${path}.${field.name}`
      const tag = field.tag === '' ? '' : ` ${JSON.stringify(field.tag)}`
      parts.push(`${field.isEmbedded ? '' : `${name} `}${type}${tag}`)
    }
    return parts.length === 0 ? 'struct {}' : `struct { ${parts.join('; ')} }`
  }

  /**
   * `map.group[K]V` with import paths: K and V are those of the slots, or what these point to where they are too large to lie
   * in the slots. The string, which has package names, tells which.
   */
  #mapPartName(
    text: string,
    fields: readonly RtypeField[],
    part: (address: number) => string | undefined,
  ): string {
    const own = text.replace(/^noalg\./, '')
    const elementOf = (type: number | undefined) => {
      const header = type === undefined ? undefined : this.#header(type)
      return header?.kind === 'array' ? readElement(this.#memory, header) : undefined
    }
    const fieldOf = (list: readonly RtypeField[], name: string) =>
      list.find((field) => field.name === name)?.type
    const slot = elementOf(fieldOf(fields, 'slots'))
    const slotHeader = slot === undefined ? undefined : this.#header(slot)
    const slotFields = slotHeader && (readFields(this.#memory, slotHeader) ?? [])
    const key = slotFields ? fieldOf(slotFields, 'key') : elementOf(fieldOf(fields, 'keys'))
    const element = slotFields ? fieldOf(slotFields, 'elem') : elementOf(fieldOf(fields, 'elems'))
    const head = own.slice(0, own.indexOf('[') + 1)
    for (const k of this.#withTarget(key)) {
      for (const v of this.#withTarget(element)) {
        const short = [k, v].map((header) => this.stringOf(header))
        if (own !== `${head}${short[0]}]${short[1]}`) continue
        const [keyName, elementName] = [part(k.address), part(v.address)]
        if (keyName !== undefined && elementName !== undefined) return `${head}${keyName}]${elementName}`
      }
    }
    return own
  }

  /** The descriptor at an address, and that of what it points to. */
  #withTarget(address: number | undefined): RtypeHeader[] {
    const header = address === undefined ? undefined : this.#header(address)
    if (header === undefined) return []
    const target = header.kind === 'ptr' ? this.#header(readElement(this.#memory, header)) : undefined
    return target === undefined ? [header] : [header, target]
  }

  #interfaceName(header: RtypeHeader, part: (address: number) => string | undefined): string | undefined {
    const first = this.#memory.readWord(header.address + RTYPE.slice)
    const count = this.#memory.readWord(header.address + RTYPE.slice + 8)
    if (count === 0) return 'interface {}'
    const base = this.#moduleOf(header.address)?.types
    if (count > 10_000 || !isAddress(first) || base === undefined) return undefined
    const path = readName(this.#memory, this.#memory.readWord(header.address + RTYPE.first))?.text
    const methods: string[] = []
    for (let i = 0; i < count; i++) {
      const name = this.#textAt(header, this.#memory.readI32(first + i * 8))
      const type = part(base + this.#memory.readI32(first + i * 8 + 4))
      if (name === undefined || type === undefined) return undefined
      const isExported = /^\p{Lu}/u.test(name)
      methods.push(`${isExported || path === undefined ? '' : `${path}.`}${name}${type.replace(/^func/, '')}`)
    }
    return `interface { ${methods.join('; ')} }`
  }

  /** Text at a name offset. Types made by reflect have offsets into a table of their own, which is not read. */
  #textAt(header: RtypeHeader, offset: number): string | undefined {
    const module = this.#moduleOf(header.address)
    if (module === undefined || offset < 0) return undefined
    if (offset === 0) return ''
    return readName(this.#memory, module.types + offset)?.text
  }

  #moduleOf(address: number): ModuleData | undefined {
    return this.#modules.find((module) => address >= module.types && address < module.etypes)
  }
}

/** Bytes of the descriptor before its uncommon part. internal/abi/type.go. */
const KIND_BYTES: Partial<Record<TypeKind, number>> = {
  array: 72,
  chan: 64,
  func: 56,
  interface: 80,
  ptr: 56,
  slice: 56,
  struct: 80,
}

function prefixed(prefix: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : prefix + name
}
