import { GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import { type Fillers, layOut, planMemory, readCoreImage } from './address-space.ts'
import { openBinary } from './binary.ts'
import type { BinaryFolder } from './binary-folder.ts'
import { checkBuildId, checkBytes, findBias, findBinaryPath, findFirstSegment } from './binary-match.ts'
import { type CoreNotes, readCoreNotes } from './core-notes.ts'
import { joinDebugFile, openDebugFile } from './debug-file.ts'
import { type Elf, ET_CORE, ET_DYN, ET_EXEC, openElf, PT_LOAD, SHT_NOBITS } from './elf.ts'
import { findRange } from './extents.ts'
import { findLibraryBias, openGoLibrary } from './loaded-image.ts'
import { findMappedFiles } from './mapped-files.ts'
import { type Memory, type MemoryOptions, openMemory } from './memory.ts'
import type { UnpackedInputs } from './unpack.ts'

export type GoArch = 'amd64' | 'arm64'
/** Names of GOOS. */
export type OperatingSystem = 'linux' | 'darwin' | 'windows'
export type CoreWriter = 'kernel' | 'gcore' | 'delve' | 'unknown'

/** A thread at the moment of the dump. */
export interface Thread {
  /** Kernel thread id as the dump wrote it. */
  id: number
  pc: number
  sp: number
  /**
   * General purpose registers: amd64 in the order of user_regs_struct (r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx
   * rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs), arm64 x0..x30 sp pc pstate.
   * Exact below 2^53.
   */
  registers: Float64Array
  /** Address of the g that it runs, as the writer of the dump found it; undefined when it does not say. */
  g: number | undefined
}

/** An opened core with its binary. */
export interface Core {
  readonly corePath: string
  readonly coreSize: number
  /** The program, or the library in it that has the Go runtime. */
  readonly binaryPath: string
  /** The file of its own that the debug information is in; undefined when there is none. */
  readonly debugPath: string | undefined
  readonly arch: GoArch
  readonly memory: Memory
  readonly binary: Elf
  /** The first is the one that caused the dump, in a kernel core. */
  readonly threads: readonly Thread[]
  /** Run-time address minus link-time address of the binary; 0 unless position independent. */
  readonly bias: number
  /** NT_PRPSINFO command line, as far as the kernel keeps it; undefined when absent. */
  readonly commandLine: string | undefined
  readonly processId: number | undefined
  /** Who wrote the core, as far as it can be told. */
  readonly writer: CoreWriter
  /** What the program ran on: by the note of a dump of delve, else Linux. */
  readonly system: OperatingSystem
  /**
   * The file other than the binary that the process had mapped at an address, with its debug information where that is
   * found, and its bias; undefined when it is not known or not here. It is closed with the core.
   */
  libraryAt(address: number): { elf: Elf; bias: number } | undefined
  close(): void
}

/** Compressed files go on being called by their own names: see unpackInputs. */
export interface OpenCoreOptions extends MemoryOptions, UnpackedInputs {
  /** Where libraries and debug information are looked for too, by build id. */
  folder?: BinaryFolder | undefined
}

/**
 * Opens the core with the binary that it came from. Throws GoheapError: 'not-elf', 'not-core', 'unsupported',
 * 'wrong-binary', 'truncated' when no memory is left, 'file'. What is lost or doubtful becomes problems of stage 'open'.
 */
export function openCore(
  corePath: string,
  binaryPath: string,
  problems: Problems,
  options: OpenCoreOptions = {},
): Core {
  const core = openElf(corePath, options.coreLocation)
  let binary: Elf | undefined
  try {
    if (core.type !== ET_CORE) throw explainNotCore(core, binaryPath, options)
    binary = openBinary(binaryPath, options.binaryLocation)
    const arch = checkKinds(core, binary)
    const notes = readCoreNotes(core, arch, problems)
    checkFormat(binary, notes.system)
    const { bias, memory, library, mappedFiles } = openProcessMemory(
      { core, binary, notes },
      problems,
      options,
    )
    const { threads, processId, commandLine, writer, system } = notes
    if (library !== undefined) {
      binary.close()
      binary = library
    }
    const debug = openDebugFile(binary, problems, options.folder)
    if (debug !== undefined) binary = joinDebugFile(binary, debug)
    const libraries: Elf[] = []
    return {
      corePath,
      coreSize: core.fileSize,
      binaryPath: library?.path ?? binaryPath,
      debugPath: debug?.path,
      arch,
      memory,
      binary,
      threads,
      bias,
      commandLine,
      processId,
      writer,
      system,
      libraryAt(address) {
        const path = mappedFiles[findRange(mappedFiles, address)]?.diskPath
        const rows = mappedFiles.filter(({ diskPath }) => diskPath === path)
        const head = rows.find(({ fileOffset }) => fileOffset === 0)
        if (path === undefined || head === undefined) return undefined
        const file = openElf(path)
        const information = openDebugFile(file, problems, options.folder)
        const elf = information === undefined ? file : joinDebugFile(file, information)
        libraries.push(elf)
        return { elf, bias: head.address - (findFirstSegment(elf)?.virtualAddress ?? 0) }
      },
      close() {
        memory.close()
        for (const elf of [this.binary, ...libraries]) elf.close()
      },
    }
  } catch (error) {
    binary?.close()
    throw error
  } finally {
    core.close()
  }
}

const MACHINES = new Map<number, GoArch>([
  [62, 'amd64'],
  [183, 'arm64'],
])

function explainNotCore(core: Elf, binaryPath: string, { binaryLocation }: OpenCoreOptions): GoheapError {
  const kind = core.type === ET_EXEC || core.type === ET_DYN ? 'an executable or library' : 'an ELF file'
  return new GoheapError(
    'not-core',
    isCore(binaryLocation ?? binaryPath)
      ? `${core.path} is ${kind} and ${binaryPath} is a core: the two are swapped`
      : `${core.path} is ${kind}, not a core`,
  )
}

function isCore(path: string): boolean {
  try {
    const elf = openElf(path)
    elf.close()
    return elf.type === ET_CORE
  } catch (error) {
    // Only asked to word another error better.
    if (error instanceof GoheapError) return false
    throw error
  }
}

function checkKinds(core: Elf, binary: Elf): GoArch {
  if (binary.type === ET_CORE) {
    throw new GoheapError('wrong-binary', `${binary.path} is a core, not the program that dumped it`)
  }
  if (binary.type !== ET_EXEC && binary.type !== ET_DYN) {
    throw new GoheapError('wrong-binary', `${binary.path} is an object file, not a program`)
  }
  const arch = archOf(core)
  if (binary.machine !== core.machine) {
    throw new GoheapError(
      'wrong-binary',
      `${binary.path} is for ${MACHINES.get(binary.machine) ?? `ELF machine ${binary.machine}`}, the core is of ${arch}`,
    )
  }
  // What objcopy --only-keep-debug leaves has all headers of the program, and none of its bytes.
  const isDebugOnly = binary.section('.text')?.type === SHT_NOBITS
  if (isDebugOnly || !binary.segments.some((segment) => segment.type === PT_LOAD && segment.fileSize > 0)) {
    throw new GoheapError('wrong-binary', `${binary.path} has no program in it, only debug information`)
  }
  return arch
}

/** Throws 'unsupported' for machines other than amd64 and arm64. */
export function archOf(core: Elf): GoArch {
  const arch = MACHINES.get(core.machine)
  if (arch) return arch
  throw new GoheapError(
    'unsupported',
    `${core.path} is of a machine other than amd64 and arm64 (ELF machine ${core.machine})`,
  )
}

const FORMATS: Record<OperatingSystem, { format: Elf['format']; what: string }> = {
  linux: { format: 'elf', what: 'an ELF file (Linux)' },
  darwin: { format: 'mach-o', what: 'a Mach-O file (macOS)' },
  windows: { format: 'pe', what: 'a PE file (Windows)' },
}

function checkFormat(binary: Elf, system: OperatingSystem): void {
  if (binary.format === FORMATS[system].format) return
  const found = Object.values(FORMATS).find(({ format }) => format === binary.format)
  throw new GoheapError(
    'wrong-binary',
    `${binary.path} is ${found?.what}, the core is of a program of ${system}: its program is ${FORMATS[system].what}`,
  )
}

function openProcessMemory(
  { core, binary, notes }: { core: Elf; binary: Elf; notes: CoreNotes },
  problems: Problems,
  options: OpenCoreOptions,
): { bias: number; memory: Memory; library: Elf | undefined; mappedFiles: Fillers['mappedFiles'] } {
  const image = readCoreImage(core, problems)
  if (image.present.length === 0) {
    throw image.lost.length > 0
      ? new GoheapError('truncated', `${core.path} is cut off before the first byte of memory`)
      : new GoheapError('corrupt', `${core.path} has no memory in it`)
  }
  const coreOnly = openMemory(planMemory(image.present, []), { cacheBytes: 0 })
  let library: Elf | undefined
  try {
    const loaded = { notes, image, memory: coreOnly }
    let bias = findLibraryBias(binary, loaded)
    if (bias === undefined) {
      const isChecked = checkBuildId(binary, notes, coreOnly)
      bias = findBias(binary, notes)
      if (!isChecked) {
        const isDebugged = notes.writer === 'delve'
        checkBytes(binary, bias, { image, memory: coreOnly, isDebugged }, problems)
      }
      library = openGoLibrary(binary, loaded, options.folder)
      if (library !== undefined) bias = findLibraryBias(library, loaded) ?? bias
    }
    const goImage = library ?? binary
    const ownPath = findBinaryPath(goImage, bias, notes)
    const others = notes.mappedFiles.filter((file) => file.path !== ownPath)
    const mappedFiles = findMappedFiles(others, { image, memory: coreOnly }, problems, options.folder)
    const pieces = layOut(image, notes.mappedFiles, { binary: goImage, bias, mappedFiles })
    return { bias, memory: openMemory(planMemory(pieces, notes.mappedFiles), options), library, mappedFiles }
  } catch (error) {
    library?.close()
    throw error
  } finally {
    coreOnly.close()
  }
}
