import type { Problems } from '../../model/problem.ts'
import type { Mapping } from '../../model/tables.ts'
import type { MappedFile } from './core-notes.ts'
import { type Elf, type ElfSegment, PF_R, PF_W, PF_X, PT_LOAD } from './elf.ts'
import { type AddressRange, findRange, flatten, intersect, overlay, subtract } from './extents.ts'
import type { Extent, MemoryPlan } from './memory.ts'

/** A stretch of the address space whose bytes come from one place, or from nowhere. */
export interface Piece extends AddressRange {
  source: Mapping['source']
  /** Where the bytes are; undefined when source is 'absent' or 'lost'. */
  path: string | undefined
  fileOffset: number
  /** As Mapping.permissions; UNKNOWN_PERMISSIONS when no program header covers it. */
  permissions: string
}

const UNKNOWN_PERMISSIONS = '???'

/** The address space as the core alone has it. Every list ascends without overlap. */
export interface CoreImage {
  /** What the core holds. */
  present: Piece[]
  /** Mapped, and meant to be in the core, but cut off with its end. */
  lost: Piece[]
  /** Mapped, and left out by the writer: unmodified parts of files, reservations, what coredump_filter excludes. */
  omitted: Piece[]
}

/** Reads the PT_LOADs of `core`. Overlaps and lost bytes become problems. */
export function readCoreImage(core: Elf, problems: Problems): CoreImage {
  const present: Piece[] = []
  const lost: Piece[] = []
  const omitted: Piece[] = []
  for (const segment of core.segments) {
    if (segment.type !== PT_LOAD || !isUserSegment(segment, problems)) continue
    const { virtualAddress: address, fileSize, offset } = segment
    const held = Math.max(0, Math.min(fileSize, core.fileSize - offset))
    const permissions = formatPermissions(segment.flags)
    const absent = { source: 'absent', path: undefined, fileOffset: 0, permissions } as const
    if (held > 0) {
      present.push({
        address,
        size: held,
        source: 'core',
        path: core.location,
        fileOffset: offset,
        permissions,
      })
    }
    if (held < fileSize)
      lost.push({ ...absent, source: 'lost', address: address + held, size: fileSize - held })
    if (fileSize < segment.memorySize) {
      omitted.push({ ...absent, address: address + fileSize, size: segment.memorySize - fileSize })
    }
  }
  reportLost(core, lost, problems)
  const image = {
    present: flatten(present, cutPiece),
    lost: flatten(lost, cutPiece),
    omitted: flatten(omitted, cutPiece),
  }
  const overlap = sumSizes(present) - sumSizes(image.present)
  if (overlap > 0) {
    problems.add(
      'open',
      'segments-overlap',
      'warning',
      `segments of ${core.path} overlap in ${overlap} bytes`,
    )
  }
  return image
}

/** Files that may stand in for what the core leaves out. Both have been found to be what the process had mapped. */
export interface Fillers {
  binary: Elf
  bias: number
  /** NT_FILE rows of other files. */
  mappedFiles: readonly (MappedFile & { diskPath: string; diskSize: number })[]
}

/**
 * Lays the core over the files. Read-only segments of the binary fill whatever the core does not hold; its writable
 * segments and the other files only what the core's writer is known to have left out because it was unmodified.
 */
export function layOut(image: CoreImage, mappedFiles: readonly MappedFile[], fillers: Fillers): Piece[] {
  const named = flatten(mappedFiles.map(absentPiece), cutPiece)
  const omitted = overlay(named, image.omitted, cutPiece)
  const absent = overlay(omitted, image.lost, cutPiece)
  const unmodified = subtract(omitted, image.lost, cutPiece)

  const [readOnly, writable] = placeBinary(fillers.binary, fillers.bias)
  const files = flatten(fillers.mappedFiles.map(filePiece).filter(isNotEmpty), cutPiece)
  const fills = [files, writable].map((pieces) => intersect(pieces, unmodified, cutPiece))
  let space = absent
  for (const layer of [...fills, readOnly]) space = overlay(space, withPermissionsOf(layer, absent), cutPiece)
  return overlay(space, image.present, cutPiece)
}

/** The plan that opens `pieces` as memory; mappings carry the names of `mappedFiles`. */
export function planMemory(pieces: readonly Piece[], mappedFiles: readonly MappedFile[]): MemoryPlan {
  const files: string[] = []
  const fileIndexes = new Map<string, number>()
  const extents: Extent[] = []
  for (const { path, address, size, fileOffset } of pieces) {
    if (path === undefined) continue
    let file = fileIndexes.get(path)
    if (file === undefined) {
      file = files.push(path) - 1
      fileIndexes.set(path, file)
    }
    const last = extents.at(-1)
    const isContinued =
      last?.file === file &&
      last.address + last.size === address &&
      last.fileOffset + last.size === fileOffset
    if (isContinued) last.size += size
    else extents.push({ address, size, file, fileOffset })
  }
  const mappings = pieces.map(({ address, size, source, permissions }) => {
    const named = mappedFiles[findRange(mappedFiles, address)]
    const isNamed = named !== undefined && address < named.address + named.size
    return { address, size, source, permissions, file: isNamed ? named.path : undefined }
  })
  return { files, extents, mappings }
}

export function cutPiece(piece: Piece, from: number, to: number): Piece {
  return { ...piece, address: from, size: to - from, fileOffset: piece.fileOffset + (from - piece.address) }
}

/** The binary's PT_LOADs at their run-time addresses: [read-only, writable]. */
export function placeBinary(binary: Elf, bias: number): [Piece[], Piece[]] {
  const place = (isWritable: boolean) => {
    const segments = binary.segments.filter(
      (segment) => segment.type === PT_LOAD && ((segment.flags & PF_W) !== 0) === isWritable,
    )
    const pieces = segments.map(
      (segment): Piece => ({
        address: segment.virtualAddress + bias,
        size: Math.max(0, Math.min(segment.fileSize, binary.fileSize - segment.offset)),
        source: 'binary',
        path: binary.location,
        fileOffset: segment.offset,
        permissions: formatPermissions(segment.flags),
      }),
    )
    return flatten(pieces.filter(isNotEmpty), cutPiece)
  }
  return [place(false), place(true)]
}

/** The vsyscall page, alone in the kernel's half, is no memory of the process. */
function isUserSegment(segment: ElfSegment, problems: Problems): boolean {
  const { virtualAddress: address, fileSize, memorySize } = segment
  if (address >= 2 ** 63 || (fileSize === 0 && memorySize === 0)) return false
  if (address + Math.max(fileSize, memorySize) <= Number.MAX_SAFE_INTEGER) return true
  problems.add('open', 'segment-malformed', 'error', `a segment of ${memorySize} bytes is no user memory`, {
    address,
  })
  return false
}

function reportLost(core: Elf, lost: readonly Piece[], problems: Problems): void {
  if (lost.length === 0) return
  const first = lost.reduce((a, b) => (b.address < a.address ? b : a)).address
  const message = `${core.path} is cut off after ${core.fileSize} bytes: ${sumSizes(lost)} bytes of memory are lost, the first at 0x${first.toString(16)}`
  problems.add('open', 'core-truncated', 'error', message, { address: first, count: lost.length })
}

function absentPiece({ address, size }: MappedFile): Piece {
  return {
    address,
    size,
    source: 'absent',
    path: undefined,
    fileOffset: 0,
    permissions: UNKNOWN_PERMISSIONS,
  }
}

function filePiece(file: Fillers['mappedFiles'][number]): Piece {
  return {
    address: file.address,
    size: Math.max(0, Math.min(file.size, file.diskSize - file.fileOffset)),
    source: 'file',
    path: file.diskPath,
    fileOffset: file.fileOffset,
    permissions: UNKNOWN_PERMISSIONS,
  }
}

/** The core's program headers know what mprotect made of a mapping; the file only what it began as. */
function withPermissionsOf(layer: readonly Piece[], absent: readonly Piece[]): Piece[] {
  const known = absent.filter((piece) => piece.permissions !== UNKNOWN_PERMISSIONS)
  const parts = intersect(known, layer, cutPiece).map(({ address, size, permissions }) => {
    const piece = layer[findRange(layer, address)]
    return { ...cutPiece(piece, address, address + size), permissions }
  })
  return overlay(layer, parts, cutPiece)
}

function formatPermissions(flags: number): string {
  return `${flags & PF_R ? 'r' : '-'}${flags & PF_W ? 'w' : '-'}${flags & PF_X ? 'x' : '-'}`
}

function isNotEmpty(piece: Piece): boolean {
  return piece.size > 0
}

function sumSizes(pieces: readonly AddressRange[]): number {
  return pieces.reduce((sum, piece) => sum + piece.size, 0)
}
