import { GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import type { Module } from '../../model/tables.ts'
import { type Elf, type ElfSegment, PF_W, PT_LOAD } from '../file/elf.ts'

/** What the linker wrote about the program. */
export interface BuildInfo {
  /** As runtime.Version() has it: `go1.26.8`, possibly with ` X:` experiments. */
  goVersion: string
  /** Import path of the main package; undefined without module information. */
  mainPath: string | undefined
  mainModule: Module | undefined
  /** All other modules in the binary, as replaced. */
  modules: readonly Module[]
  /** Build settings: `-ldflags`, `vcs.revision`, `GOARCH`, `GOEXPERIMENT`, ... */
  settings: ReadonlyMap<string, string>
}

/**
 * Reads the build information of a Go 1.18 or later binary. Throws 'not-go' when there is none, 'old-go' for
 * what an older Go wrote. Lines of the module list that cannot be read become problems of the stage 'facts'.
 * Source: debug/buildinfo/buildinfo.go, readRawBuildInfo; cmd/link/internal/ld/data.go, buildinfo.
 */
export function readBuildInfo(binary: Elf, problems: Problems): BuildInfo {
  const blob = findInSection(binary) ?? findInSegments(binary)
  if (!blob)
    throw new GoheapError('not-go', `${binary.path} is not a Go program: it has no Go build information`)
  if (!(blob[FLAGS_OFFSET] & FLAG_INLINE)) {
    throw new GoheapError('old-go', `${binary.path} was built by a Go older than 1.18`)
  }
  const version = readString(blob, HEADER_SIZE)
  if (!version || version.bytes.length === 0) {
    throw new GoheapError('not-go', `${binary.path}: its Go build information is damaged`)
  }
  const modules = readString(blob, version.end)
  if (!modules) {
    problems.add('facts', 'modules-malformed', 'warning', `${binary.path}: its list of modules is cut off`)
  }
  return { goVersion: decode(version.bytes), ...parseModules(stripSentinels(modules?.bytes), problems) }
}

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
const ALIGN = 16
const FLAGS_OFFSET = 15
const FLAG_INLINE = 2
const HEADER_SIZE = 32
/** cmd/go/internal/modload, infoStart and infoEnd: 16 bytes on either side of the module list. */
const SENTINEL_SIZE = 16
const WINDOW = 1 << 20

function findInSection(binary: Elf): Buffer | undefined {
  const bytes = binary.sectionBytes('.go.buildinfo')
  return bytes && startsWithMagic(bytes)
    ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    : undefined
}

/** For binaries whose section table is gone. The linker puts the blob first in the data, so that goes first. */
function findInSegments(binary: Elf): Buffer | undefined {
  const loaded = binary.segments.filter((segment) => segment.type === PT_LOAD)
  const isWritable = (segment: ElfSegment) => (segment.flags & PF_W) !== 0
  for (const segment of [...loaded.filter(isWritable), ...loaded.filter((s) => !isWritable(s))]) {
    const found = findInSegment(binary, segment)
    if (found) return found
  }
  return undefined
}

function findInSegment(binary: Elf, segment: ElfSegment): Buffer | undefined {
  const end = Math.min(segment.offset + segment.fileSize, binary.fileSize)
  for (let start = segment.offset; start < end; start += WINDOW) {
    // The magic is aligned, and so are the windows: it never straddles two of them.
    const window = Buffer.from(binary.read(start, Math.min(WINDOW, end - start)))
    let at = window.indexOf(MAGIC)
    while (at >= 0) {
      const offset = start + at
      if (
        (offset - segment.offset) % ALIGN === 0 &&
        isHeader(binary.read(offset, Math.min(64, end - offset)))
      ) {
        return Buffer.from(binary.read(offset, end - offset))
      }
      at = window.indexOf(MAGIC, at + 1)
    }
  }
  return undefined
}

/** Go's own tools have the magic among their string constants, without the flags and the version after it. */
function isHeader(bytes: Uint8Array): boolean {
  return (
    bytes.length > HEADER_SIZE + 3 &&
    bytes[FLAGS_OFFSET] <= 3 &&
    (!(bytes[FLAGS_OFFSET] & FLAG_INLINE) || /^.{1,3}(go|devel)/s.test(decode(bytes.subarray(HEADER_SIZE))))
  )
}

function startsWithMagic(bytes: Uint8Array): boolean {
  return bytes.length > HEADER_SIZE && MAGIC.every((byte, i) => bytes[i] === byte)
}

/** A varint length and as many bytes; undefined when they do not fit. */
function readString(blob: Uint8Array, offset: number): { bytes: Uint8Array; end: number } | undefined {
  let length = 0
  let at = offset
  for (let scale = 1; ; scale *= 128) {
    if (at >= blob.length || at - offset > 5) return undefined
    const byte = blob[at++]
    length += (byte & 0x7f) * scale
    if (byte < 0x80) break
  }
  return at + length <= blob.length ? { bytes: blob.subarray(at, at + length), end: at + length } : undefined
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

function stripSentinels(bytes: Uint8Array | undefined): string {
  if (!bytes || bytes.length < 2 * SENTINEL_SIZE + 1) return ''
  if (bytes[bytes.length - SENTINEL_SIZE - 1] !== 0x0a) return ''
  return decode(bytes.subarray(SENTINEL_SIZE, bytes.length - SENTINEL_SIZE))
}

/** Source: runtime/debug/mod.go, ParseBuildInfo. */
function parseModules(text: string, problems: Problems): Omit<BuildInfo, 'goVersion'> {
  let mainPath: string | undefined
  let mainModule: Module | undefined
  const modules: Module[] = []
  const settings = new Map<string, string>()
  let last: Module | undefined
  for (const line of text.split('\n').slice(0, -1)) {
    const columns = line.split('\t')
    const kind = columns.shift()
    if (kind === 'path') {
      mainPath = columns.join('\t')
    } else if (kind === 'mod' && columns.length >= 2) {
      last = parseModule(columns)
      mainModule = last
    } else if (kind === 'dep' && columns.length >= 2) {
      last = parseModule(columns)
      modules.push(last)
    } else if (kind === '=>' && columns.length === 3 && last) {
      const replaces = last.version ? `${last.path} ${last.version}` : last.path
      Object.assign(last, parseModule(columns), { replaces })
      last = undefined
    } else if (line !== '' && !(kind === 'build' && addSetting(columns.join('\t'), settings))) {
      problems.add(
        'facts',
        'modules-malformed',
        'warning',
        `a line of the module list cannot be read: ${line}`,
      )
    }
  }
  return { mainPath, mainModule, modules, settings }
}

function parseModule([path, version, sum]: string[]): Module {
  return { path, version: version || undefined, sum: sum || undefined, replaces: undefined }
}

/** `key=value`, either of them quoted as in Go when it has blanks or quotes; false when it is neither. */
function addSetting(text: string, settings: Map<string, string>): boolean {
  const match = /^("(?:[^"\\]|\\.)*"|`[^`]*`|[^="`][^=]*)=(.*)$/s.exec(text)
  if (!match) return false
  const key = unquote(match[1])
  const value = unquote(match[2])
  if (key === undefined || value === undefined) return false
  settings.set(key, value)
  return true
}

const ESCAPES: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** The value of a Go string literal as strconv.Quote makes them; text without quotes is its own value. */
function unquote(text: string): string | undefined {
  const quote = text[0]
  if (quote !== '"' && quote !== '`') return text
  if (text.length < 2 || text.at(-1) !== quote) return undefined
  const inner = text.slice(1, -1)
  if (quote === '`') return inner
  return inner.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gs,
    (_, byte?: string, short?: string, long?: string, letter = '') => {
      const hex = byte ?? short ?? long
      if (hex === undefined) return ESCAPES[letter] ?? letter
      const code = Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
    },
  )
}
