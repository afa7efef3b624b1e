import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCore } from '../../../src/extract/file/core.ts'
import { type GoProcess, openProcess } from '../../../src/extract/go/process.ts'
import { openTypeCatalog } from '../../../src/extract/go/type-catalog.ts'
import { readGoroutines } from '../../../src/extract/heap/goroutines.ts'
import { type NewRoot, RootBuilder } from '../../../src/extract/heap/root-builder.ts'
import { Problems } from '../../../src/model/problem.ts'
import type { FrameRow, GoroutineRow } from '../../../src/model/tables.ts'
import type { TypeTable } from '../../../src/model/types.ts'
import { Progress } from '../../../src/progress.ts'
import type { Arch } from '../../oracle/emulator.ts'
import {
  buildProgram,
  type CrashedRun,
  crashProgram,
  type GoVersion,
  unpackProgram,
} from '../../oracle/toolchain.ts'

export interface Pointer {
  root: number
  offset: number
  value: number
}

/** What readGoroutines makes of a crash of fixtures/programs/stacks. */
export interface StackRun {
  readonly run: CrashedRun
  readonly process: GoProcess
  readonly goroutines: readonly GoroutineRow[]
  readonly frames: readonly FrameRow[]
  readonly roots: readonly NewRoot[]
  readonly pointers: readonly Pointer[]
  readonly types: TypeTable
  readonly problems: Problems
  /** A file that the program wrote before it crashed. */
  text(file: string): string
}

/** Keeps what is added, pointers included. */
class RecordingRoots extends RootBuilder {
  readonly roots: NewRoot[] = []
  readonly pointers: Pointer[] = []
  override add(root: NewRoot): number {
    this.roots.push(root)
    return super.add(root)
  }
  override point(root: number, offset: number, value: number): void {
    this.pointers.push({ root, offset, value })
  }
}

const runs = new Map<string, StackRun>()

export function stackRun(version: GoVersion, ...args: readonly string[]): StackRun {
  return stackRunOn(undefined, version, ...args)
}

/** `arch`: undefined for this machine's. */
export function stackRunOn(arch: Arch | undefined, version: GoVersion, ...args: readonly string[]): StackRun {
  return readOnce([arch, version, ...args].join(' '), () =>
    crashProgram(buildProgram('stacks', version, { arch }), ...args),
  )
}

/** Of fixtures/packed, with all that the program writes but positions. */
export function packedStackRun(name: string): StackRun {
  return readOnce(name, () => unpackProgram(name))
}

function readOnce(key: string, open: () => CrashedRun): StackRun {
  let known = runs.get(key)
  if (known === undefined) {
    known = readRun(open())
    runs.set(key, known)
  }
  return known
}

function readRun(run: CrashedRun): StackRun {
  const problems = new Problems()
  const process = openProcess(openCore(run.core, run.binary, problems), problems)
  const recorded = new RecordingRoots()
  const types = openTypeCatalog(process)
  const rows = readGoroutines(process, types, recorded, new Progress())
  return {
    run,
    process,
    ...rows,
    roots: recorded.roots,
    pointers: recorded.pointers,
    types: types.table,
    problems,
    text: (file) => readFileSync(join(run.folder, file), 'utf8'),
  }
}
