/**
 * The error taxonomy. A `GoheapError` states a fact about the input; the CLI adds the advice and picks the
 * exit code from `code`. Anything else that is thrown is a defect in goheap.
 *
 * A bad byte inside a core is not an error but a row for `Problems`: see model/problem.ts.
 */
export type ErrorCode =
  | 'not-elf' // the file is not an ELF file at all
  | 'not-core' // ELF, but no core
  | 'not-go' // an executable without a Go runtime
  | 'not-goheap' // a database that goheap did not write, or of another schema version
  | 'unsupported' // recognised, but not something this version reads (architecture, Go version, ...)
  | 'old-go' // a Go release older than goheap reads
  | 'unknown-go' // a newer Go release, which is seen to be other than those that goheap knows
  | 'wrong-binary' // the binary is not the one the core came from
  | 'wrong-core' // the core is not the one that the database was made of
  | 'truncated' // so little of the file is there that nothing can be read
  | 'corrupt' // the file contradicts itself
  | 'file' // an operating system error: missing, no permission, disk full
  | 'exists' // the output exists
  | 'query' // the SQL given by the user does not run
  | 'usage' // command line arguments that cannot be taken
  | 'unverified' // a check of goheap verify failed
  | 'over-budget' // a budget of goheap check is not kept
  | 'cancelled' // Ctrl-C or an AbortSignal

export class GoheapError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'GoheapError'
    this.code = code
  }
}

/** A read of memory that the core does not hold. Stages catch it where they can name what is lost. */
export class FaultError extends GoheapError {
  readonly address: number
  constructor(address: number, what: string) {
    super('corrupt', `${what}: address 0x${address.toString(16)} is not in the core`)
    this.name = 'FaultError'
    this.address = address
  }
}
