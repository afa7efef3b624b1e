import { GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import { type CoreImage, cutPiece, type Fillers, type Piece, placeBinary } from './address-space.ts'
import type { BinaryFolder } from './binary-folder.ts'
import { type CoreContents, comparePieces, findFirstSegment, readBuildIdsAt } from './binary-match.ts'
import type { MappedFile } from './core-notes.ts'
import { type Elf, openElf } from './elf.ts'
import { intersect } from './extents.ts'

/**
 * Of the files other than the binary that the process had mapped, those that are on this machine, where they were or by
 * build id in `folder`, and proved to be the same: ELF files whose bytes agree with every read-only page of them that the core holds, and it holds one at least
 * (the kernel writes the ELF header page of each). Data files are never taken: nothing could tell that they changed.
 */
export function findMappedFiles(
  mappedFiles: readonly MappedFile[],
  { image, memory }: CoreContents,
  problems: Problems,
  folder?: BinaryFolder,
): Fillers['mappedFiles'] {
  const accepted: Fillers['mappedFiles'][number][] = []
  for (const [path, rows] of Map.groupBy(mappedFiles, (file) => file.path)) {
    const own = compareLibrary(path, rows, { image, memory })
    const head = rows.find((row) => row.fileOffset === 0)
    const other =
      own.isSame || head === undefined ? undefined : folder?.findProgram(readBuildIdsAt(memory, head.address))
    const found = other === undefined ? own : compareLibrary(other, rows, { image, memory })
    if (found.isSame) {
      for (const row of rows) accepted.push({ ...row, diskPath: found.path, diskSize: found.size })
    } else if (own.differsAt !== undefined) {
      const message = `${path} is not the file that the process had mapped; what the core lacks of it is absent`
      problems.add('open', 'mapped-file-changed', 'info', message, { address: own.differsAt })
    }
  }
  return accepted
}

interface Library {
  path: string
  size: number
  isSame: boolean
  /** undefined: there is nothing there to compare. */
  differsAt: number | undefined
}

function compareLibrary(path: string, rows: readonly MappedFile[], { image, memory }: CoreContents): Library {
  const elf = openLibrary(path)
  if (!elf) return { path, size: 0, isSame: false, differsAt: undefined }
  try {
    const { bytes, differsAt } = comparePieces(findReadOnlyParts(rows, elf, image), elf, memory)
    return { path, size: elf.fileSize, isSame: differsAt === undefined && bytes > 0, differsAt }
  } finally {
    elf.close()
  }
}

/** undefined when the path is no ELF file here: another machine's library, a deleted file, data, a device. */
function openLibrary(path: string): Elf | undefined {
  if (!path.startsWith('/')) return undefined
  try {
    return openElf(path)
  } catch (error) {
    if (error instanceof GoheapError) return undefined
    throw error
  }
}

/** What the core holds of the file's read-only segments; relocated ones (RELRO) are of a writable segment. */
function findReadOnlyParts(rows: readonly MappedFile[], elf: Elf, image: CoreImage): Piece[] {
  const first = findFirstSegment(elf)
  const head = rows.find((row) => row.fileOffset === 0)
  if (!first || !head) return []
  const [readOnly] = placeBinary(elf, head.address - first.virtualAddress)
  return intersect(readOnly, image.present, cutPiece)
}
