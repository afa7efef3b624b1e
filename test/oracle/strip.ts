import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

/** Why strip(1) cannot be used; undefined when it can. */
export function missingStrip(): string | undefined {
  return spawnSync('strip', ['--version']).error ? 'NOT RUN: strip (of binutils) is not installed' : undefined
}

/** What people and packagers do to binaries. Addresses stay: the core goes with the copy as with the binary. */
export const STRIPS = {
  /** No symbols, no DWARF. */
  'strip --strip-all': (binary: string, copy: string) => run('strip', '--strip-all', '-o', copy, binary),
  /** Symbols stay, as with -ldflags=-w. */
  'strip --strip-debug': (binary: string, copy: string) => run('strip', '--strip-debug', '-o', copy, binary),
  /** As sstrip does: nothing but what is loaded. */
  'no section table': cutSections,
} as const satisfies Record<string, (binary: string, copy: string) => void>

const run = (...[command, ...args]: [string, ...string[]]) => void execFileSync(command, args)

const PT_LOAD = 1

/** Ends the file where the last loaded byte does, and takes the section table out of the header. elf(5) */
function cutSections(binary: string, copy: string): void {
  const bytes = readFileSync(binary)
  const table = Number(bytes.readBigUInt64LE(32))
  let end = 0
  for (let i = 0; i < bytes.readUInt16LE(56); i++) {
    const at = table + i * 56
    if (bytes.readUInt32LE(at) !== PT_LOAD) continue
    end = Math.max(end, Number(bytes.readBigUInt64LE(at + 8) + bytes.readBigUInt64LE(at + 32)))
  }
  const cut = Buffer.from(bytes.subarray(0, end))
  cut.fill(0, 40, 48)
  cut.fill(0, 58, 64)
  writeFileSync(copy, cut, { mode: 0o755 })
}
