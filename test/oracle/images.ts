import { execFileSync } from 'node:child_process'
import { basename, dirname, join } from 'node:path'
import { STRIPS } from './strip.ts'

/** A copy of a binary that says the same otherwise, or says less. Addresses stay: the core goes with it as with the binary. */
export interface Image {
  /** For the page: what somebody types. */
  how: string
  /** Names and types of variables are gone. */
  isStripped: boolean
  make(binary: string, copy: string): void
}

const run = (...[command, ...args]: [string, ...string[]]) => void execFileSync(command, args)

/** Splits as debuggers know it: the debug information beside the binary, which names it. */
function split(binary: string, copy: string): void {
  const debug = `${copy}.dbg`
  run('objcopy', '--only-keep-debug', binary, debug)
  run('strip', '--strip-all', '-o', copy, binary)
  execFileSync('objcopy', [`--add-gnu-debuglink=${basename(debug)}`, basename(copy)], { cwd: dirname(copy) })
}

/** Only the names of the files and the build id say that they belong together. */
function splitUnnamed(binary: string, copy: string): void {
  run('objcopy', '--only-keep-debug', '--compress-debug-sections=zstd', binary, `${copy}.debug`)
  run('strip', '--strip-all', '-o', copy, binary)
}

const compress = (how: string) => (binary: string, copy: string) =>
  run('objcopy', `--compress-debug-sections=${how}`, binary, copy)

export const IMAGES: Readonly<Record<string, Image>> = {
  'DWARF packed by zstd': {
    how: 'objcopy --compress-debug-sections=zstd',
    isStripped: false,
    make: compress('zstd'),
  },
  'DWARF packed by zlib': {
    how: 'objcopy --compress-debug-sections=zlib',
    isStripped: false,
    make: compress('zlib'),
  },
  'DWARF not packed': {
    how: 'objcopy --decompress-debug-sections',
    isStripped: false,
    make: (binary, copy) => run('objcopy', '--decompress-debug-sections', binary, copy),
  },
  'DWARF in a file of its own': {
    how: 'objcopy --only-keep-debug; strip; objcopy --add-gnu-debuglink',
    isStripped: false,
    make: split,
  },
  'DWARF in a file of its own, by build id': {
    how: 'objcopy --only-keep-debug server server.debug; strip server',
    isStripped: false,
    make: splitUnnamed,
  },
  ...Object.fromEntries(
    Object.entries(STRIPS).map(([name, make]): [string, Image] => [
      name,
      { how: name, isStripped: true, make },
    ]),
  ),
}

/** Where the copy goes. */
export const imagePath = (folder: string, name: string) => join(folder, name.replaceAll(/[^\w-]+/g, '_'))
