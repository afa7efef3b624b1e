import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import type { GoFacts } from './facts.ts'
import type { ModuleData } from './moduledata.ts'
import { RTYPE, type RtypeHeader, readElement, readFields, readName, readRtypeHeader } from './rtype.ts'

/** Bytes of types that are read at once: a linker's limit is 2 GiB. */
const MAX_TYPES_BYTES = 2 ** 31
/** More fields are held against the descriptor as a whole, not one by one. */
const CHECKED_FIELDS = 64

/** Names of all descriptors; the first descriptor of each name. */
export interface DescriptorNames {
  addressByName: ReadonlyMap<string, number>
  nameByAddress: ReadonlyMap<number, string>
}

export const NO_DESCRIPTORS: DescriptorNames = { addressByName: new Map(), nameByAddress: new Map() }

interface DescriptorSource {
  memory: Memory
  facts: GoFacts
  modules: readonly ModuleData[]
}

/** What `nameOf` says of each descriptor; those without a name are left out. */
export function nameDescriptors(
  source: DescriptorSource,
  nameOf: (header: RtypeHeader) => string | undefined,
): DescriptorNames {
  const addressByName = new Map<string, number>()
  const nameByAddress = new Map<number, string>()
  for (const header of findDescriptors(source)) {
    const name = nameOf(header)
    if (name === undefined) continue
    nameByAddress.set(header.address, name)
    if (!addressByName.has(name)) addressByName.set(name, header.address)
  }
  return { addressByName, nameByAddress }
}

/**
 * All type descriptors of the modules' own types, by looking at every place where one can be. No list has them all:
 * typelinks (to Go 1.26) leaves out named types, what follows moduledata.types (1.27) is only what typelinks had.
 * A place counts when all that the descriptor says about itself and leads to holds.
 */
export function* findDescriptors({
  memory,
  facts,
  modules,
}: DescriptorSource): IterableIterator<RtypeHeader> {
  for (const module of modules) {
    const { types, etypes } = module
    const size = etypes - types
    const bytes =
      size > 0 && size < MAX_TYPES_BYTES ? readable(() => memory.readBytes(types, size)) : undefined
    if (bytes === undefined) continue
    for (let at = (8 - (types % 8)) % 8; at + RTYPE.bytes <= size; at += 8) {
      if (!isCandidate(bytes, at)) continue
      const header = readRtypeHeader(memory, facts, types + at)
      if (header !== undefined && (readable(() => isDescriptor(memory, facts, module, header)) ?? false))
        yield header
    }
  }
}

const UNNAMED_KINDS = 26

/** Of what costs next to nothing to see: kind, alignment, flags, and a hash. */
function isCandidate(bytes: Uint8Array, at: number): boolean {
  const kind = bytes[at + RTYPE.kind] & 31
  const align = bytes[at + RTYPE.align]
  if (kind === 0 || kind > UNNAMED_KINDS || align === 0 || align > 64 || bytes[at + RTYPE.flags] >= 64)
    return false
  // FieldAlign is Align on these machines, and no type is of 2^48 bytes.
  if (bytes[at + RTYPE.align + 1] !== align || bytes[at + 6] !== 0 || bytes[at + 7] !== 0) return false
  return (bytes[at + 16] | bytes[at + 17] | bytes[at + 18] | bytes[at + 19]) !== 0
}

/** Faults as Memory does. */
function isDescriptor(memory: Memory, facts: GoFacts, module: ModuleData, header: RtypeHeader): boolean {
  const { address, maskForm, kind } = header
  if (maskForm === 'dummy') return false
  const isType = (at: number) => isIn(module, at) && readRtypeHeader(memory, facts, at) !== undefined
  const nameOffset = memory.readI32(address + RTYPE.name)
  if (nameOffset <= 0 || nameOffset >= module.etypes - module.types) return false
  const name = readName(memory, module.types + nameOffset)
  // A type's string is printable, whatever the alphabet.
  if (name === undefined || name.text === '' || /\p{Cc}|\ufffd/u.test(name.text)) return false
  const element = readElement(memory, header)
  if (element !== 0 && !isType(element)) return false
  if (kind === 'map' && !isType(memory.readWord(address + RTYPE.first))) return false
  if (kind !== 'struct') return true
  const fields = readFields(memory, header)
  return fields?.slice(0, CHECKED_FIELDS).every(({ type }) => isType(type)) ?? false
}

const isIn = ({ types, etypes }: ModuleData, address: number) => address >= types && address < etypes
