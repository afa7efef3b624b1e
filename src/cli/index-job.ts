import { join } from 'node:path'
import type { ErrorCode } from '../errors.ts'
import type { Stage } from '../progress.ts'
import { temporaryPath } from '../schema/output-file.ts'

/** What the command asks of the process that does the indexing. */
export interface IndexJob {
  core: string
  /** undefined: to be found, see findBinary. */
  binary: string | undefined
  /** Where to look for it, and for libraries and debug information; undefined: where the core says. */
  binaryFolder?: string | undefined
  output: string
  force: boolean
  /** undefined: as many as the machine has. */
  threads: number | undefined
  /** Keep the text of strings. */
  strings: boolean
}

/**
 * Where process `processId` unpacks compressed inputs: in TMPDIR when it is set, else beside the output, where there is
 * to be room for what is written anyway.
 */
export function unpackTargets(output: string, processId: number): { core: string; binary: string } {
  const { TMPDIR } = process.env
  const base = TMPDIR ? join(TMPDIR, `goheap-${processId}`) : temporaryPath(output, processId)
  return { core: `${base}-core`, binary: `${base}-binary` }
}

/** What that process tells. The last message is `done` or `failed`. */
export type IndexMessage =
  | { kind: 'progress'; stage: Stage; done: number; total: number }
  | { kind: 'done' }
  /** `code` undefined: a defect. */
  | { kind: 'failed'; code: ErrorCode | undefined; name: string; message: string; stack: string | undefined }
