import { type ErrorCode, GoheapError } from '../errors.ts'

/** What a script can tell from the exit code. 1 is a defect in goheap. */
export const EXIT_CODES: Record<ErrorCode, number> = {
  usage: 2,
  file: 3,
  exists: 4,
  'not-elf': 5,
  'not-core': 6,
  'not-go': 7,
  'wrong-binary': 8,
  'wrong-core': 8,
  unsupported: 9,
  'old-go': 9,
  'unknown-go': 9,
  truncated: 10,
  corrupt: 11,
  'not-goheap': 12,
  query: 13,
  unverified: 14,
  'over-budget': 15,
  cancelled: 130,
}

export const EXIT_CODES_HELP = `Exit codes:
  0 done  1 defect in goheap  2 usage  3 file or disk  4 output exists  5 not ELF  6 not a core  7 not a Go program
  8 wrong binary or core  9 not supported  10 cut off  11 damaged  12 not a goheap database  13 query  14 verify failed
  15 over budget  130 Ctrl-C  143 SIGTERM`

/** What to do about it. The error itself says what is the case. */
const ADVICE: Record<Exclude<ErrorCode, 'usage'>, string> = {
  file: 'check the path, its permissions and the free space',
  exists: 'give --force to replace it, or another name',
  'not-elf':
    'give a core of a Linux process, plain or compressed with gzip or zstd, and the program that it came from',
  'not-core': 'take one with `gcore PID`, or crash the program with GOTRACEBACK=crash',
  'not-go': 'goheap reads Go programs only',
  'wrong-binary': 'give the very file that was running when the core was taken',
  'wrong-core': 'give the core that the database was made of',
  unsupported: 'a newer goheap may read it',
  'old-go': 'build the program with a newer Go',
  'unknown-go': 'a newer goheap may read it; --force goes on all the same, and figures may be wrong',
  truncated: 'copy the file again, or take a new core without a size limit (ulimit -c unlimited)',
  corrupt: 'copy the file again',
  'not-goheap': 'write one with `goheap index CORE BINARY -o heap.db`',
  query: 'see the tables and columns with `goheap query heap.db "SELECT sql FROM sqlite_schema"`',
  unverified: 'index the core again; if that does not help, please report it',
  'over-budget': 'see what holds the memory with `goheap top`, or raise the budget',
  cancelled: 'nothing was written',
}

/** One line for stderr, and the exit code; `command` is the one that was called. GOHEAP_DEBUG=1 adds the stack. */
export function explain(error: unknown, command?: string): { line: string; exitCode: number } {
  const stack = process.env.GOHEAP_DEBUG && error instanceof Error ? `\n${error.stack}` : ''
  if (error instanceof GoheapError) {
    const advice = error.code === 'usage' ? seeHelp(command) : ADVICE[error.code]
    const line = `goheap: ${oneLine(error.message)}; ${advice}${stack}`
    return { line, exitCode: EXIT_CODES[error.code] }
  }
  const message = oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
  return {
    line: `goheap: defect: ${message}; please report it, with GOHEAP_DEBUG=1 for details${stack}`,
    exitCode: 1,
  }
}

export function seeHelp(command: string | undefined): string {
  return `see goheap ${command === undefined ? '' : `${command} `}--help`
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ')
}
