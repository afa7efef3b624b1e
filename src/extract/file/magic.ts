/** What people hand over instead of an ELF file, by its first bytes. */
const FOREIGN: readonly { magic: readonly number[]; what: string }[] = [
  { magic: [0x1f, 0x8b], what: 'it is gzip data, to be unpacked first' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], what: 'it is zstd data, to be unpacked first' },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], what: 'it is xz data, to be unpacked first' },
  { magic: [0x42, 0x5a, 0x68], what: 'it is bzip2 data, to be unpacked first' },
  { magic: [0x04, 0x22, 0x4d, 0x18], what: 'it is lz4 data, to be unpacked first' },
  { magic: [0x50, 0x4b, 0x03, 0x04], what: 'it is a zip archive, to be unpacked first' },
  { magic: [0xcf, 0xfa, 0xed, 0xfe], what: 'it is a Mach-O file (macOS)' },
  { magic: [0xce, 0xfa, 0xed, 0xfe], what: 'it is a 32-bit Mach-O file (macOS)' },
  { magic: [0xca, 0xfe, 0xba, 0xbe], what: 'it is a universal Mach-O file (macOS)' },
  { magic: [0x4d, 0x44, 0x4d, 0x50], what: 'it is a Windows minidump' },
  { magic: [0x4d, 0x5a], what: 'it is a PE file (Windows)' },
  { magic: ascii('go1.7 heap dump'), what: 'it is a heap dump of debug.WriteHeapDump, not a core' },
  { magic: ascii('SQLite format 3'), what: 'it is a SQLite database' },
  { magic: ascii('#!'), what: 'it is a script' },
]

/** `: it is ...` for a recognised kind of file, else an empty text. `head`: the first bytes, 16 will do. */
export function describeForeignFile(head: Uint8Array): string {
  const found = FOREIGN.find(({ magic }) => magic.every((byte, i) => head[i] === byte))
  return found ? `: ${found.what}` : ''
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0))
}
