import type { ErrorCode } from '../errors.ts'
import type { Stage } from '../progress.ts'

/** What the command asks of the process that does the indexing. */
export interface IndexJob {
  core: string
  binary: string
  output: string
  force: boolean
  /** undefined: as many as the machine has. */
  threads: number | undefined
  /** Keep the text of strings. */
  strings: boolean
}

/** What that process tells. The last message is `done` or `failed`. */
export type IndexMessage =
  | { kind: 'progress'; stage: Stage; done: number; total: number }
  | { kind: 'done' }
  /** `code` undefined: a defect. */
  | { kind: 'failed'; code: ErrorCode | undefined; name: string; message: string; stack: string | undefined }
