/** What is done to copies of a core and its binary before they are indexed. */
export interface Mutation {
  /** For messages. */
  what: string
  patches: { file: 'core' | 'binary'; offset: number; bytes: number[] }[]
  cut: { file: 'core' | 'binary'; size: number } | undefined
}

/** `ok`, the code of a GoheapError, or what must not be: crash, hang, killed, memory, leftover, broken. */
export interface Outcome {
  result: string
  detail: string
  problems: number
  cpuMs: number
}

export interface MutationFiles {
  /** As they are: never written. */
  core: string
  binary: string
  /** For copies and the database. */
  folder: string
}
