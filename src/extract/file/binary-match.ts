import { basename } from 'node:path'
import { GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import { type CoreImage, cutPiece, type Piece, placeBinary } from './address-space.ts'
import type { CoreNotes, MappedFile } from './core-notes.ts'
import { type Elf, type ElfSegment, ET_EXEC, PT_LOAD, PT_NOTE } from './elf.ts'
import { readElfHeader } from './elf-header.ts'
import { findRange, intersect } from './extents.ts'
import { findTextBuildId } from './image-file.ts'
import { sourceOf } from './input-file.ts'
import type { Memory } from './memory.ts'
import { type BuildIds, collectBuildId, readNotes } from './notes.ts'

export const AT_PHDR = 3
export const AT_ENTRY = 9
/** The program headers follow it at once in what every linker writes. */
export const ELF_HEADER_SIZE = 64
/** Enough for the largest page, and for the notes at the head of an executable. */
const HEAD_SIZE = 1 << 16
/** Bytes of a segment that are compared when there is no build id. */
const COMPARED_SIZE = 1 << 20
/** e_shoff, and e_shentsize to e_shstrndx: what strip(1) changes in the ELF header. */
const STRIPPED_FIELDS: readonly (readonly [number, number])[] = [
  [40, 48],
  [58, 64],
]

/**
 * How far from its link-time addresses the binary was loaded. Throws 'wrong-binary' when the core's entry point cannot
 * be the binary's, 'corrupt' when the core does not tell where a position independent binary is.
 */
export function findBias(binary: Elf, notes: CoreNotes): number {
  const entry = notes.auxv.get(AT_ENTRY) ?? notes.entry
  if (entry !== undefined) {
    const bias = entry - binary.entry
    // Windows alone moves programs down too.
    const isPossible = (bias >= 0 || binary.format === 'pe') && bias % 0x1000 === 0
    if (binary.type === ET_EXEC ? bias === 0 : isPossible) return bias
    throw new GoheapError(
      'wrong-binary',
      `the core's program begins at 0x${entry.toString(16)}, ${binary.path} at 0x${binary.entry.toString(16)}: it is another program`,
    )
  }
  if (binary.type === ET_EXEC) return 0
  const head = findHead(binary, notes)
  const first = findFirstSegment(binary)
  if (head && first) return head.address - first.virtualAddress
  throw new GoheapError(
    'corrupt',
    `${binary.path} is position independent, and the core does not tell where it was loaded (no AT_ENTRY, no NT_FILE)`,
  )
}

/** What the core alone holds, and where to read it. */
export interface CoreContents {
  image: CoreImage
  /** The core's memory without the binary's. */
  memory: Memory
}

/**
 * Holds the binary against the core by the build ids in the first page of the program, which the kernel dumps with each
 * mapped ELF file. False when either has none. Throws 'wrong-binary', naming both ids.
 */
export function checkBuildId(binary: Elf, notes: CoreNotes, memory: Memory): boolean {
  const inBinary: BuildIds = { gnu: binary.gnuBuildId, go: binary.goBuildId }
  const inCore =
    binary.format === 'elf' ? readIdsOfHead(binary, notes, memory) : readTextId(binary, notes, memory)
  const kinds = (['go', 'gnu'] as const).filter((kind) => inCore[kind] && inBinary[kind])
  const differing = kinds.find((kind) => inCore[kind] !== inBinary[kind])
  if (differing === undefined) return kinds.length > 0
  const name = differing === 'go' ? 'Go build id' : 'build id'
  throw new GoheapError(
    'wrong-binary',
    `${binary.path} is not the program of this core: its ${name} is ${inBinary[differing]}, the core's is ${inCore[differing]}`,
  )
}

function readIdsOfHead(binary: Elf, notes: CoreNotes, memory: Memory): BuildIds {
  const programHeaders = notes.auxv.get(AT_PHDR)
  if (programHeaders !== undefined) return readBuildIdsAt(memory, programHeaders - ELF_HEADER_SIZE)
  const first = findFirstSegment(binary)
  // delve tells the entry point alone, but for amd64.
  const base =
    notes.entry !== undefined && first
      ? first.virtualAddress + notes.entry - binary.entry
      : findHead(binary, notes)?.address
  return base === undefined ? { gnu: undefined, go: undefined } : readBuildIdsAt(memory, base)
}

/** Without notes, the Go build id stands at the start of the text. */
function readTextId(binary: Elf, notes: CoreNotes, memory: Memory): BuildIds {
  const text = binary.section('.text')
  if (text === undefined || notes.entry === undefined) return { gnu: undefined, go: undefined }
  const buffer = new Uint8Array(HEAD_SIZE)
  const size = memory.readInto(text.address + notes.entry - binary.entry, buffer)
  return { gnu: undefined, go: findTextBuildId(buffer.subarray(0, size)) }
}

/**
 * For want of build ids: compares the read-only bytes that both have. Throws 'wrong-binary'; when there are none it adds
 * the problem 'build-id-unchecked'.
 */
export function checkBytes(
  binary: Elf,
  bias: number,
  { image, memory, isDebugged }: CoreContents & { isDebugged: boolean },
  problems: Problems,
): void {
  const [readOnly] = placeBinary(binary, bias)
  const inBoth = intersect(readOnly, image.present, cutPiece)
  const compared = comparePieces(inBoth.filter(isUnchanged), binary, memory)
  if (compared.differsAt !== undefined) {
    throw new GoheapError(
      'wrong-binary',
      `${binary.path} is not the program of this core: at 0x${compared.differsAt.toString(16)} their bytes differ`,
    )
  }
  if (compared.bytes === 0) {
    const message = `the core holds nothing to tell whether ${binary.path} is its program`
    problems.add('open', 'build-id-unchecked', 'info', message)
  }

  /** A debugger has breakpoints in the code, and the loaders of macOS and Windows relocate even read-only parts. */
  function isUnchanged({ permissions }: Piece): boolean {
    return binary.format === 'elf' && !(isDebugged && permissions.includes('x'))
  }
}

/** The NT_FILE rows that are the binary: those named like the one that its entry point lies in. */
export function findBinaryPath(binary: Elf, bias: number, notes: CoreNotes): string | undefined {
  const entry = binary.entry + bias
  const row = notes.mappedFiles[findRange(notes.mappedFiles, entry)]
  return row && entry < row.address + row.size ? row.path : undefined
}

/** Compares bytes of `file` with those at the same place in the core; stops at the first difference. */
export function comparePieces(
  pieces: readonly Piece[],
  file: Pick<Elf, 'read'>,
  memory: Memory,
): { bytes: number; differsAt: number | undefined } {
  let bytes = 0
  for (const piece of pieces) {
    const size = Math.min(piece.size, COMPARED_SIZE)
    const inCore = memory.readBytes(piece.address, size)
    const inFile = file.read(piece.fileOffset, size)
    for (let i = 0; i < size; i++) {
      if (inCore[i] === inFile[i]) continue
      const offset = piece.fileOffset + i
      if (STRIPPED_FIELDS.some(([from, to]) => offset >= from && offset < to)) continue
      return { bytes, differsAt: piece.address + i }
    }
    bytes += size
  }
  return { bytes, differsAt: undefined }
}

/** The build ids of the ELF image whose first bytes are at `address`, as far as the core holds them. */
export function readBuildIdsAt(memory: Memory, address: number): BuildIds {
  const ids: BuildIds = { gnu: undefined, go: undefined }
  const buffer = new Uint8Array(HEAD_SIZE)
  const head = sourceOf(buffer.subarray(0, memory.readInto(address, buffer)), 'the image in the core')
  try {
    for (const segment of readElfHeader(head).segments) {
      if (segment.type === PT_NOTE) readNotes(head, segment, (note) => collectBuildId(note, ids))
    }
  } catch (error) {
    // No image, or only part of one, at that address: then there are no ids, and the bytes are compared instead.
    if (!(error instanceof GoheapError)) throw error
  }
  return ids
}

/** The NT_FILE row of the program's first page: of the binary's name, else the lowest, where Linux puts programs. */
function findHead(binary: Elf, notes: CoreNotes): MappedFile | undefined {
  const heads = notes.mappedFiles.filter((file) => file.fileOffset === 0)
  return heads.find((file) => basename(file.path) === basename(binary.path)) ?? heads[0]
}

/** The segment that has the ELF header in it. */
export function findFirstSegment(elf: Elf): ElfSegment | undefined {
  return elf.segments.find((segment) => segment.type === PT_LOAD && segment.offset === 0)
}
