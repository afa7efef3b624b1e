import type { Mapping } from '../../model/tables.ts'
import { subtract } from '../file/extents.ts'
import { readable } from '../file/readable.ts'
import { readAuxiliaryVector } from '../go/auxiliary-vector.ts'
import type { GoProcess } from '../go/process.ts'
import type { AccountTree } from './account-tree.ts'
import { cutRegion, type MappedSums, type Region } from './memory-regions.ts'

/** Mapped memory that is neither the heap's nor at a known place of the runtime's. */
export interface Leftovers {
  /** By path, in order of the first address. */
  files: ReadonlyMap<string, number>
  /** The kernel's own pages that every process has. */
  vdso: number
  /** No file, can be written. */
  anonymous: number
  /** No file, cannot be written. */
  readOnly: number
  /** No access at all. */
  inaccessible: number
}

/** AT_SYSINFO_EHDR: where the vDSO is. */
const VDSO_TAG = 33

/** Sums the mappings without `regions`. */
export function sumLeftovers(process: GoProcess, regions: readonly Region[]): Leftovers {
  const { mappings } = process.memory
  const vdso = findKernelPages(
    mappings,
    readable(() => new Map(readAuxiliaryVector(process)).get(VDSO_TAG)),
  )
  const files = new Map<string, number>()
  const sums = { vdso: 0, anonymous: 0, readOnly: 0, inaccessible: 0 }
  for (const piece of subtract(mappings, regions, cutRegion)) {
    if (vdso.some(({ address, size }) => piece.address >= address && piece.address < address + size)) {
      sums.vdso += piece.size
    } else if (piece.file !== undefined) files.set(piece.file, (files.get(piece.file) ?? 0) + piece.size)
    else if (piece.permissions === '---') sums.inaccessible += piece.size
    else if (piece.permissions[1] === 'w') sums.anonymous += piece.size
    else sums.readOnly += piece.size
  }
  return { files, ...sums }
}

/** The vDSO's code, and the pages of data that the kernel maps right below it. arch/x86/entry/vdso/vma.c, map_vdso. */
function findKernelPages(mappings: readonly Mapping[], vdso: number | undefined): Mapping[] {
  const at = mappings.findIndex(({ address, file }) => address === vdso && file === undefined)
  if (at < 0) return []
  const pages = [mappings[at]]
  for (let i = at - 1; i >= 0; i--) {
    const { address, size, permissions, file } = mappings[i]
    if (file !== undefined || permissions !== 'r--' || address + size !== pages[0].address) break
    pages.unshift(mappings[i])
  }
  return pages
}

/** `unplaced`: bytes of anonymous memory that are the runtime's. */
export function addOutside(
  tree: AccountTree,
  { files, vdso, anonymous, readOnly }: Leftovers,
  { sums, bytes, unplaced }: { sums: MappedSums; bytes: number; unplaced: number },
): void {
  tree.add('outside', 'memory', 'outside of Go', bytes, 'All that is neither heap, runtime nor program.')
  const inFiles = [...files.values()].reduce((sum, size) => sum + size, 0)
  const note =
    'Of no file: malloc of C, thread-local data, mmap of the program. Which of them cannot be told.'
  tree.addAll('outside', [
    [
      'main-stack',
      'main stack',
      sums.all('main stack'),
      'Of the first thread, with arguments and environment.',
    ],
    [
      'thread-stacks',
      'thread stacks',
      sums.all('thread stack'),
      'Made by C, as far as the runtime knows them.',
    ],
    ['files', 'mapped files', inFiles, 'Shared libraries and data.'],
    ['kernel', 'vDSO', vdso, 'Code and data that the kernel gives to every process.'],
    [
      'read-only',
      'read-only memory',
      readOnly,
      'Of no file; gcore shows address space without access like this.',
    ],
    ['anonymous', 'anonymous memory', anonymous - unplaced, note],
  ])
  tree.addAll(
    'outside.files',
    [...files].map(([path, size]) => [path, path, size, 'All its mappings.']),
  )
}
