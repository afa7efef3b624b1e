import type { Server } from '../program.ts'

/** A server that others wrote, and how it comes to leak. */
export interface Leak {
  readonly name: string
  /** Its load is what makes it leak. */
  readonly server: Server
  /** What is planted; without it the server is as released, and its clients misuse it. */
  readonly forgotten?: ForgottenLine
  /** What goheap's first suspect has to be. */
  readonly culprit: { readonly gathers: string; readonly field: string }
}

/** A line that is left out when the server is built, as its authors might have forgotten it. */
export interface ForgottenLine {
  readonly package: string
  readonly file: string
  /** The text from which on the line is looked for. */
  readonly after: string
  readonly line: string
}
