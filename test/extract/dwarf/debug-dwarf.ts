import { execFileSync } from 'node:child_process'
import type { Dwarf } from '../../../src/extract/dwarf/dwarf.ts'
import { buildProgram } from '../../oracle/toolchain.ts'

/** What Go's debug/dwarf reads of a binary: the lines of fixtures/programs/dwarfdump, by their first element. */
export type Dump = ReadonlyMap<string, readonly unknown[][]>

export function dumpWithGo(binary: string): Dump {
  const command = buildProgram('dwarfdump', '1.27.4')
  const text = execFileSync(command, [binary], { encoding: 'utf8', maxBuffer: 1 << 29 })
  return group(text.trimEnd().split('\n').map(parseRow))
}

/** The same rows from goheap's reader. Functions without code have no rows on either side. */
export function dumpWithGoheap(dwarf: Dwarf): Dump {
  const rows: unknown[][] = []
  for (const type of dwarf.types) {
    const members = type.members.map((member) => [member.name, member.offset, member.type, member.isEmbedded])
    rows.push([
      'type',
      type.kind,
      type.name,
      type.size ?? -1,
      type.goKind,
      type.type,
      type.element,
      type.key,
      type.length ?? -1,
      type.runtimeTypeOffset ?? 0,
      type.dictIndex ?? -1,
      members,
    ])
  }
  for (const { name, address, type } of dwarf.globals) rows.push(['global', name, address, type])
  for (const [name, value] of dwarf.constants) rows.push(['constant', name, String(value)])
  const { lowPcs, highPcs } = dwarf.functions
  for (let row = 0; row < lowPcs.length; row++) {
    const { name } = dwarf.functionAt(lowPcs[row]) ?? {}
    rows.push(['function', name, lowPcs[row], highPcs[row]])
    for (const { name, offset, type } of dwarf.capturedBy(lowPcs[row])) {
      rows.push(['captured', lowPcs[row], name, offset, type])
    }
  }
  return group(rows)
}

/** Rows in an order that both sides can have, as texts. */
export function sorted(rows: readonly unknown[][] | undefined): string[] {
  return (rows ?? []).map((row) => JSON.stringify(row)).sort()
}

function parseRow(line: string): unknown[] {
  const row: unknown = JSON.parse(line)
  if (!Array.isArray(row)) throw new Error(`not a row: ${line}`)
  return row
}

function group(rows: unknown[][]): Dump {
  const dump = new Map<string, unknown[][]>()
  for (const row of rows) {
    const kind = String(row[0])
    const known = dump.get(kind)
    if (known) known.push(row)
    else dump.set(kind, [row])
  }
  return dump
}
