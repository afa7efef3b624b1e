import type { ElfSegment } from './elf.ts'
import { readUint64, viewOf } from './elf-header.ts'
import type { ByteSource } from './input-file.ts'

/** One entry of a note segment. */
export interface Note {
  owner: string
  type: number
  /** The content; empty when larger than NOTE_LIMIT. */
  bytes: Uint8Array
}

/** What is wrong with a note segment; the notes before that place are good. */
export interface NoteDefect {
  code: 'note-malformed' | 'notes-truncated' | 'notes-too-many'
  message: string
}

/** The kernel's own limit for the largest note, the file list, is 4 MiB unless raised (core_file_note_size_limit). */
const NOTE_LIMIT = 64 << 20
const MAX_NOTES = 1 << 20
const HEADER_SIZE = 12
const WINDOW = 1 << 20

/**
 * Reads the notes of [offset, offset + size) in `file` one by one and hands each to `visit`. `align` is the segment's
 * p_align: 8 pads to 8, all else pads to 4. Returns what stopped the reading early, if anything did.
 * Source: elf(5), "Notes".
 */
export function readNotes(
  file: ByteSource,
  segment: Pick<ElfSegment, 'offset' | 'fileSize' | 'align'>,
  visit: (note: Note) => void,
): NoteDefect | undefined {
  const padding = segment.align === 8 ? 8 : 4
  const end = Math.min(segment.offset + segment.fileSize, file.fileSize)
  const reader = new WindowReader(file)
  let at = segment.offset
  for (let count = 0; at + HEADER_SIZE <= end; count++) {
    if (count === MAX_NOTES) return { code: 'notes-too-many', message: `more than ${MAX_NOTES} notes` }
    const header = viewOf(reader.bytes(at, HEADER_SIZE))
    const ownerSize = header.getUint32(0, true)
    const size = header.getUint32(4, true)
    const contentAt = at + roundUp(HEADER_SIZE + ownerSize, padding)
    if (ownerSize > 256 || contentAt + size > end) {
      const isCut = end < segment.offset + segment.fileSize
      return {
        code: isCut ? 'notes-truncated' : 'note-malformed',
        message: `the note at file offset ${at} (owner ${ownerSize} bytes, content ${size}) does not fit its segment`,
      }
    }
    visit({
      owner: Buffer.from(reader.bytes(at + HEADER_SIZE, ownerSize))
        .toString('latin1')
        .replace(/\0.*$/s, ''),
      type: header.getUint32(8, true),
      bytes: size > NOTE_LIMIT ? new Uint8Array(0) : reader.bytes(contentAt, size).slice(),
    })
    at = contentAt + roundUp(size, padding)
  }
  if (end < segment.offset + segment.fileSize) {
    return { code: 'notes-truncated', message: `the file ends inside the notes, at byte ${file.fileSize}` }
  }
  return undefined
}

/** Hex of the NT_GNU_BUILD_ID and text of the Go build id among `notes`. */
export interface BuildIds {
  gnu: string | undefined
  go: string | undefined
}

/** At least one kind of id that both have, and no kind in which they differ. */
export function isSameBuild(a: BuildIds, b: BuildIds): boolean {
  const shared = (['go', 'gnu'] as const).filter((kind) => a[kind] !== undefined && b[kind] !== undefined)
  return shared.length > 0 && shared.every((kind) => a[kind] === b[kind])
}

const NT_GNU_BUILD_ID = 3
/** cmd/link/internal/ld/elf.go, ELF_NOTE_GOBUILDID_TAG */
const NT_GO_BUILD_ID = 4

/** Adds the build id that `note` carries to `ids`, if it is such a note. */
export function collectBuildId(note: Note, ids: BuildIds): void {
  if (note.owner === 'GNU' && note.type === NT_GNU_BUILD_ID) {
    ids.gnu ??= Buffer.from(note.bytes).toString('hex')
  } else if (note.owner === 'Go' && note.type === NT_GO_BUILD_ID) {
    ids.go ??= Buffer.from(note.bytes).toString('utf8')
  }
}

/** Little endian words of a note's content; reading past the end gives undefined. */
export function wordsOf(bytes: Uint8Array): (index: number) => number | undefined {
  const view = viewOf(bytes)
  return (index) => ((index + 1) * 8 <= bytes.length ? readUint64(view, index * 8) : undefined)
}

/** Serves small reads of ascending places out of one large read. */
class WindowReader {
  readonly #file: ByteSource
  #start = 0
  #window: Uint8Array = new Uint8Array(0)
  constructor(file: ByteSource) {
    this.#file = file
  }
  /** A view, good until the next call. The caller has checked the range against the file. */
  bytes(offset: number, size: number): Uint8Array {
    if (offset < this.#start || offset + size > this.#start + this.#window.length) {
      this.#start = offset
      this.#window = this.#file.read(offset, Math.max(size, Math.min(WINDOW, this.#file.fileSize - offset)))
    }
    const from = offset - this.#start
    return this.#window.subarray(from, from + size)
  }
}

function roundUp(size: number, unit: number): number {
  return Math.ceil(size / unit) * unit
}
