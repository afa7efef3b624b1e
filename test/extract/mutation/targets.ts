import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { openCore } from '../../../src/extract/file/core.ts'
import { openElf } from '../../../src/extract/file/elf.ts'
import type { Memory } from '../../../src/extract/file/memory.ts'
import type { Layouts } from '../../../src/extract/go/layouts.ts'
import { openProcess } from '../../../src/extract/go/process.ts'
import { goroutineReader, readAllGs } from '../../../src/extract/heap/goroutine-reader.ts'
import { IN_USE, readSpans } from '../../../src/extract/heap/spans.ts'
import { Problems } from '../../../src/model/problem.ts'

/** Bytes of one of the files that are worth being damaged: a blind flip hardly ever hits them. */
export interface Target {
  name: string
  file: 'core' | 'binary'
  offset: number
  size: number
}

const PT_NOTE = 4
const SEGMENT_SIZE = 56

/** The structures of a core and its binary that goheap reads, by name; of a compressed one, parts of the stream. */
export function listTargets(run: { core: string; binary: string }): Map<string, Target[]> {
  const isPacked = { core: !isElf(run.core), binary: !isElf(run.binary) }
  const all = [
    ...(isPacked.core ? listStreamParts('core', run.core) : listCoreHeaders(run.core)),
    ...(isPacked.binary ? listStreamParts('binary', run.binary) : listBinaryParts(run.binary)),
    ...(isPacked.core || isPacked.binary ? [] : listStructures(run)),
  ]
  return Map.groupBy(
    all.filter(({ size }) => size > 0),
    ({ name }) => name,
  )
}

function isElf(path: string): boolean {
  const fd = openSync(path, 'r')
  const magic = Buffer.alloc(4)
  readSync(fd, magic, 0, 4, 0)
  closeSync(fd)
  return magic.toString('latin1') === '\x7fELF'
}

/** Headers of the stream, what it ends with (lengths, checksums), and any of its blocks. */
function listStreamParts(file: Target['file'], path: string): Target[] {
  const { size } = statSync(path)
  const end = Math.min(size, 32)
  return [
    { name: `${file} head of the stream`, file, offset: 0, size: end },
    { name: `${file} end of the stream`, file, offset: size - end, size: end },
    { name: `${file} anywhere in the stream`, file, offset: 0, size },
  ]
}

function listCoreHeaders(path: string): Target[] {
  const core = openElf(path)
  const notes = core.segments.filter(({ type }) => type === PT_NOTE)
  core.close()
  const at = (name: string, offset: number, size: number): Target => ({ name, file: 'core', offset, size })
  return [
    at('core header', 0, 64),
    at('core segments', 64, core.segments.length * SEGMENT_SIZE),
    ...notes.map(({ offset, fileSize }) => at('core notes', offset, fileSize)),
  ]
}

function listBinaryParts(path: string): Target[] {
  const binary = openElf(path)
  const sections = binary.sections.filter(({ type }) => type !== 8 && type !== 0)
  const size = binary.fileSize
  binary.close()
  const at = (name: string, offset: number, length: number): Target => ({
    name,
    file: 'binary',
    offset,
    size: length,
  })
  const table = Math.min(...sections.map(({ offset }) => offset))
  return [
    at('binary header', 0, 64),
    at('binary segments', 64, Math.min(table, 64 + binary.segments.length * SEGMENT_SIZE) - 64),
    ...sections.map((section) => at(`binary ${section.name}`, section.offset, section.size)),
    at('binary anywhere', 0, size),
  ]
}

/** The runtime's own structures, where the core (or, for what is read-only, the binary) has them. */
function listStructures(run: { core: string; binary: string }): Target[] {
  const problems = new Problems()
  const core = openCore(run.core, run.binary, problems)
  const process = openProcess(core, problems)
  const { layouts, memory, modules } = process
  const place = placer(memory, core.binary.location)
  const spans = readSpans(process)
  const { table } = spans
  const targets: Target[] = []
  const add = (name: string, address: number, size: number) => targets.push(...place(name, address, size))
  const mheap = layouts.variable('runtime.mheap_') ?? 0
  const heap = layouts.struct('runtime.mheap')
  for (const field of [
    'allspans',
    'arenas',
    'sweepgen',
    'pages.inUse.ranges',
    'pages.summary',
    'pages.chunks',
  ]) {
    add('mheap', mheap + heap.offset(field), 24)
  }
  add(
    'list of spans',
    memory.readWord(mheap + heap.offset('allspans')),
    memory.readWord(mheap + heap.offset('allspans') + 8) * 8,
  )
  const { size: moduleSize } = layouts.struct('runtime.moduledata')
  for (const { address } of modules) add('moduledata', address, moduleSize)
  const [main] = modules
  add('type descriptors', main.types, main.etypes - main.types)
  add('data masks', main.gcdatamask.address, Math.ceil(main.gcdatamask.bits / 8))
  add('variables', main.data, main.ebss - main.data)
  const { size: spanSize } = layouts.struct('runtime.mspan')
  for (let s = 0; s < table.count; s++) {
    add('mspan', spans.mspan[s], spanSize)
    if (table.state[s] !== IN_USE) continue
    add('allocBits', spans.allocBits[s], Math.ceil(table.slots[s] / 8))
    const end = table.address[s] + table.pages[s] * 8192
    add('heap bits', end - 256, 256)
    add('objects', table.address[s], Math.min(table.slots[s] * table.slotSize[s], 1 << 16))
    if (spans.specials[s] !== 0) add('specials', spans.specials[s], 64)
  }
  const { size: gSize } = layouts.struct('runtime.g')
  const read = goroutineReader(process)
  for (const address of readAllGs(process)) {
    add('g', address, gSize)
    const { stackLow, stackHigh } = read(address)
    add('stack', stackLow, stackHigh - stackLow)
  }
  for (const name of [
    'runtime.allgs',
    'runtime.allglen',
    'runtime.allgptr',
    'runtime.allm',
    'runtime.allp',
    'runtime.allfin',
    'runtime.gcCleanups',
    'runtime.mbuckets',
    'runtime.m0',
    'runtime.g0',
    'runtime.work',
    'runtime.memstats',
  ]) {
    // Of a stripped binary some are found, and some are not looked for.
    const address = variableOf(layouts, name)
    if (address !== undefined) add('runtime variables', address, 64)
  }
  core.close()
  return targets
}

/** File offsets of an address range: the parts of it that lie in the core or the binary. */
function placer(memory: Memory, binary: string) {
  const { files, extents } = memory.plan
  return (name: string, address: number, size: number): Target[] =>
    extents.flatMap((extent) => {
      const from = Math.max(address, extent.address)
      const to = Math.min(address + size, extent.address + extent.size)
      if (!(from < to)) return []
      const file = files[extent.file] === binary ? 'binary' : 'core'
      return [{ name, file, offset: extent.fileOffset + (from - extent.address), size: to - from }]
    })
}

function variableOf(layouts: Layouts, name: string): number | undefined {
  try {
    return layouts.variable(name)
  } catch {
    return undefined
  }
}
