import type { Memory } from '../../extract/file/memory.ts'
import { formatAddress, formatIp6, formatPort, isMapped } from './ip-addresses.ts'
import { readScalar } from './scalars.ts'
import type { TypeField, TypeRow, TypeRows } from './type-rows.ts'

export interface KnownSource {
  memory: Memory
  types: TypeRows
  /** Address of a global variable; undefined when it is not known. */
  addressOf: (variable: string) => number | undefined
}

type Read = (source: KnownSource, type: TypeRow, address: number) => string | undefined

const MAX_TEXT_BYTES = 500
/** Words of a number that are read: about 1200 digits. */
const MAX_WORDS = 64

/** Types of the standard library that read better as a whole than by their fields. */
const READERS: Record<string, Read> = {
  'net.IP': readIp,
  'net/netip.Addr': readAddr,
  'net/netip.AddrPort': readAddrPort,
  'net/netip.Prefix': readPrefix,
  'math/big.Int': readBigInt,
  'net/url.URL': readUrl,
  'sync.Mutex': readMutex,
  'internal/sync.Mutex': readMutex,
  'sync.RWMutex': readRwMutex,
  'sync.WaitGroup': readWaitGroup,
  'sync.Once': readOnce,
  'bytes.Buffer': readBuffer,
  'strings.Builder': readBuilder,
  'errors.errorString': (source, type, address) => quoteField(source, type, address, 's'),
  'fmt.wrapError': (source, type, address) => quoteField(source, type, address, 'msg'),
  'fmt.wrapErrors': (source, type, address) => quoteField(source, type, address, 'msg'),
}
const ATOMIC =
  /^(sync|internal\/runtime|runtime\/internal)\/atomic\.(Int32|Int64|Uint32|Uint64|Uintptr|Uint8|Bool)$/

export function isKnown({ name }: TypeRow): boolean {
  return Object.hasOwn(READERS, name) || ATOMIC.test(name)
}

/** A value in one text; undefined for types that are not known, or laid out in another way. Faults as Memory does. */
export function readKnown(source: KnownSource, type: TypeRow, address: number): string | undefined {
  if (Object.hasOwn(READERS, type.name)) return READERS[type.name](source, type, address)
  return ATOMIC.test(type.name) ? readAtomic(source, type, address) : undefined
}

/** A field, or a field of a field: `mu.state`. */
function fieldAt({ types }: KnownSource, type: TypeRow, path: string): TypeField | undefined {
  let at: TypeField = { name: '', offset: 0, type: type.id }
  for (const name of path.split('.')) {
    const field = types.get(at.type)?.fields.find((one) => one.name === name)
    if (field === undefined) return undefined
    at = { name, offset: at.offset + field.offset, type: field.type }
  }
  return at
}

/** A number in a field; of an atomic the value in it. */
function numberAt(source: KnownSource, type: TypeRow, address: number, path: string): bigint | undefined {
  const field = fieldAt(source, type, path)
  const row = source.types.get(field?.type)
  if (field === undefined || row === undefined) return undefined
  const text = row.fields.length > 0 ? readAtomic(source, row, address + field.offset) : undefined
  const found = text ?? readScalar(source.memory, row.kind, row.size, address + field.offset)
  if (found === 'true' || found === 'false') return found === 'true' ? 1n : 0n
  return found === undefined ? undefined : BigInt(found)
}

function readAtomic(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const field = fieldAt(source, type, 'v') ?? fieldAt(source, type, 'value') ?? fieldAt(source, type, 'u')
  const row = source.types.get(field?.type)
  if (field === undefined || row === undefined) return undefined
  if (row.fields.length > 0) return readAtomic(source, row, address + field.offset)
  const text = readScalar(source.memory, row.kind, row.size, address + field.offset)
  return type.name.endsWith('.Bool') ? String(text !== '0' && text !== 'false') : text
}

function textOf({ memory }: KnownSource, data: number, length: number): string {
  const bytes = memory.readBytes(data, Math.min(length, MAX_TEXT_BYTES))
  return Buffer.from(bytes).toString('utf8') + (length > MAX_TEXT_BYTES ? '…' : '')
}

function stringAt(source: KnownSource, type: TypeRow, address: number, path: string): string | undefined {
  const field = fieldAt(source, type, path)
  if (field === undefined) return undefined
  const [data, length] = [0, 8].map((at) => source.memory.readWord(address + field.offset + at))
  return length === 0 ? '' : textOf(source, data, length)
}

function quoteField(source: KnownSource, type: TypeRow, address: number, path: string): string | undefined {
  const text = stringAt(source, type, address, path)
  return text === undefined ? undefined : JSON.stringify(text)
}

function readIp({ memory }: KnownSource, _type: TypeRow, address: number): string | undefined {
  const [data, length] = [memory.readWord(address), memory.readWord(address + 8)]
  if (data === 0 || length === 0) return 'nil'
  if (length !== 4 && length !== 16) return undefined
  return formatAddress(memory.readBytes(data, length))
}

/** net/netip: addr is the number, z tells what it is: nil for none; addresses of IPv4 have 0xffff before them. */
function readAddr(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const [high, low] = ['hi', 'lo'].map((half) => numberAt(source, type, address, `addr.${half}`))
  const z = fieldAt(source, type, 'z')
  if (high === undefined || low === undefined || z === undefined) return undefined
  if (source.memory.readWord(address + z.offset) === 0) return 'invalid IP'
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64BE(high, 0)
  bytes.writeBigUInt64BE(low, 8)
  const kind = readAddrKind(source, z, address) ?? readOldAddrKind(source, z, address, isMapped(bytes))
  if (kind === undefined) return undefined
  return kind.isV6 ? formatIp6(bytes, kind.zone) : formatAddress(bytes.subarray(12))
}

interface AddrKind {
  isV6: boolean
  /** '' for none. */
  zone: string
}

/** From Go 1.23 on: a unique.Handle of what the address is. net/netip/netip.go, addrDetail */
function readAddrKind(source: KnownSource, z: TypeField, address: number): AddrKind | undefined {
  const handle = source.types.get(z.type)
  const pointer = source.types.get((handle && fieldAt(source, handle, 'value'))?.type)
  const detail = source.types.get(pointer?.element)
  if (detail === undefined) return undefined
  const at = source.memory.readWord(address + z.offset)
  const isV6 = numberAt(source, detail, at, 'isV6')
  const zone = stringAt(source, detail, at, 'zoneV6')
  return isV6 === undefined || zone === undefined ? undefined : { isV6: isV6 !== 0n, zone }
}

/**
 * Up to Go 1.22: a pointer to an intern.Value, with the zone in its field cmpVal. Without one it is either of two values
 * that only their addresses tell apart: those in the variables z4 and z6noz. net/netip/netip.go
 */
function readOldAddrKind(
  source: KnownSource,
  z: TypeField,
  address: number,
  canBeV4: boolean,
): AddrKind | undefined {
  const { memory, types } = source
  const value = types.get(types.get(z.type)?.element)
  const held = value && fieldAt(source, value, 'cmpVal')
  if (held === undefined) return undefined
  const pointer = memory.readWord(address + z.offset)
  if (memory.readWord(pointer + held.offset) !== 0) {
    const zone = memory.readWord(pointer + held.offset + 8)
    return { isV6: true, zone: textOf(source, memory.readWord(zone), memory.readWord(zone + 8)) }
  }
  if (!canBeV4) return { isV6: true, zone: '' }
  const v4 = source.addressOf('net/netip.z4')
  return v4 === undefined ? undefined : { isV6: memory.readWord(v4) !== pointer, zone: '' }
}

function readAddrPort(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const port = numberAt(source, type, address, 'port')
  const text = readAddrIn(source, type, address)
  if (text === undefined || port === undefined) return undefined
  return text === 'invalid IP' ? 'invalid AddrPort' : formatPort(text, Number(port))
}

function readPrefix(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const bits = numberAt(source, type, address, 'bitsPlusOne')
  const text = readAddrIn(source, type, address)
  if (text === undefined || bits === undefined) return undefined
  return bits === 0n ? 'invalid Prefix' : `${text}/${bits - 1n}`
}

/** The address in the field `ip`. */
function readAddrIn(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const ip = fieldAt(source, type, 'ip')
  const row = source.types.get(ip?.type)
  return ip && row ? readAddr(source, row, address + ip.offset) : undefined
}

/** math/big, nat: words, the lowest first. */
function readBigInt(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const abs = fieldAt(source, type, 'abs')
  const isNegative = numberAt(source, type, address, 'neg')
  if (abs === undefined || isNegative === undefined) return undefined
  const { memory } = source
  const [data, length] = [0, 8].map((at) => memory.readWord(address + abs.offset + at))
  if (length > MAX_WORDS) return `a number of ${length * 64} bits or some less`
  let number = 0n
  for (let word = length - 1; word >= 0; word--) {
    const bytes = memory.readBytes(data + word * 8, 8)
    number = (number << 64n) | new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  }
  return String(isNegative === 1n ? -number : number)
}

/** As its String method puts it together, but for escaping. net/url/url.go, URL.String */
function readUrl(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const part = (name: string) => stringAt(source, type, address, name) ?? ''
  if (fieldAt(source, type, 'RawQuery') === undefined) return undefined
  const [scheme, opaque, host, query] = ['Scheme', 'Opaque', 'Host', 'RawQuery'].map(part)
  const path = part('RawPath') || part('Path')
  const fragment = part('RawFragment') || part('Fragment')
  const user = fieldAt(source, type, 'User')
  const hasUser = user !== undefined && source.memory.readWord(address + user.offset) !== 0
  const authority = host !== '' || hasUser ? `//${hasUser ? '…@' : ''}${host}` : ''
  const slash = authority !== '' && path !== '' && !path.startsWith('/') ? '/' : ''
  const whole = `${scheme === '' ? '' : `${scheme}:`}${opaque || authority + slash + path}`
  return `${whole}${query === '' ? '' : `?${query}`}${fragment === '' ? '' : `#${fragment}`}` || '""'
}

/** internal/sync/mutex.go: mutexLocked, mutexWoken, mutexStarving, and from bit 3 on how many wait. */
function readMutex(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const state = numberAt(source, type, address, 'state') ?? numberAt(source, type, address, 'mu.state')
  if (state === undefined) return undefined
  const waiting = state >> 3n
  const words = [(state & 1n) === 1n ? 'locked' : 'unlocked']
  if ((state & 4n) !== 0n) words.push('starving')
  if (waiting > 0n) words.push(`${waiting} waiting`)
  return words.join(', ')
}

/** sync/rwmutex.go, rwmutexMaxReaders: taken off the count of readers while a writer has the lock or waits for it. */
const MAX_READERS = 1n << 30n

function readRwMutex(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const count = numberAt(source, type, address, 'readerCount')
  const departing = numberAt(source, type, address, 'readerWait')
  if (count === undefined || departing === undefined) return undefined
  if (count === 0n) return 'unlocked'
  if (count > 0n) return `locked by ${count} ${count === 1n ? 'reader' : 'readers'}`
  const readers = count + MAX_READERS
  if (departing > 0n) return `a writer waits for ${departing} of ${readers} readers`
  return readers === 0n ? 'locked by a writer' : `locked by a writer, ${readers} readers waiting`
}

/** sync/waitgroup.go: the count in the high half of the state, waiters in the low one but for its highest bit. */
function readWaitGroup(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const state = numberAt(source, type, address, 'state')
  if (state === undefined) return undefined
  return `counter ${BigInt.asIntN(32, state >> 32n)}, ${state & 0x7fff_ffffn} waiting`
}

function readOnce(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const done = numberAt(source, type, address, 'done')
  return done === undefined ? undefined : done === 0n ? 'not done' : 'done'
}

/** bytes/buffer.go: what has not been read yet are the bytes from off to the end of buf. */
function readBuffer(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const buffer = fieldAt(source, type, 'buf')
  const read = numberAt(source, type, address, 'off')
  if (buffer === undefined || read === undefined) return undefined
  const [data, length, capacity] = [0, 8, 16].map((at) =>
    source.memory.readWord(address + buffer.offset + at),
  )
  return `len ${length - Number(read)} cap ${capacity} ${quote(source, data + Number(read), length - Number(read))}`
}

function readBuilder(source: KnownSource, type: TypeRow, address: number): string | undefined {
  const buffer = fieldAt(source, type, 'buf')
  if (buffer === undefined) return undefined
  const [data, length] = [0, 8].map((at) => source.memory.readWord(address + buffer.offset + at))
  return quote(source, data, length)
}

const quote = (source: KnownSource, data: number, length: number) =>
  JSON.stringify(length <= 0 ? '' : textOf(source, data, length))
