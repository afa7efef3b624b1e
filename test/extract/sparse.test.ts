import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unpackFixture } from '../../scripts/unpack-fixture.ts'
import { analyse } from '../../src/analyse.ts'
import { extract } from '../../src/extract/extract.ts'
import { openCore } from '../../src/extract/file/core.ts'
import { Problems } from '../../src/model/problem.ts'
import { writeDatabase } from '../../src/schema/write.ts'

const GIB = 2 ** 30
const SEGMENT_SIZE = 56

/**
 * Gives a core ten more segments of 10 GiB that can be written and have nothing in them, as a program that reserves memory
 * and never touches it leaves them. Their headers, and those there were, go to the end of the file: 100 GiB, few of them
 * on the disk.
 */
function inflate(path: string): void {
  const fd = openSync(path, 'r+')
  const header = Buffer.alloc(64)
  readSync(fd, header, 0, 64, 0)
  const count = header.readUInt16LE(56)
  const old = Buffer.alloc(count * SEGMENT_SIZE)
  readSync(fd, old, 0, old.length, Number(header.readBigUInt64LE(32)))
  const start = Math.ceil(statSync(path).size / 4096) * 4096
  const more = Array.from({ length: 10 }, (_, i) => {
    const segment = Buffer.alloc(SEGMENT_SIZE)
    segment.writeUInt32LE(1, 0)
    segment.writeUInt32LE(6, 4)
    const words = [start + i * 10 * GIB, 0x1000_0000_0000 + i * 20 * GIB, 0, 10 * GIB, 10 * GIB, 4096]
    words.forEach((word, place) => {
      segment.writeBigUInt64LE(BigInt(word), 8 + place * 8)
    })
    return segment
  })
  const end = start + 100 * GIB
  writeSync(fd, Buffer.concat([old, ...more]), 0, (count + 10) * SEGMENT_SIZE, end)
  header.writeBigUInt64LE(BigInt(end), 32)
  header.writeUInt16LE(count + 10, 56)
  writeSync(fd, header, 0, 64, 0)
  closeSync(fd)
}

test('a core of 100 GiB, most of it holes, costs what is in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'goheap-test-'))
  try {
    const run = unpackFixture('dumpself-1.21', folder)
    const index = async () => {
      const problems = new Problems()
      const core = openCore(run.core, run.binary, problems)
      try {
        const analysed = analyse(await extract(core, problems, { threads: 1 }))
        await writeDatabase(analysed, join(folder, 'heap.db'), { force: true })
        const { heap, analysis } = analysed
        const { objects, goroutines, graph } = heap
        return [objects.count, goroutines.length, graph.edges.count, analysis.reachableBytes, problems.rows]
      } finally {
        core.close()
      }
    }
    const plain = await index()
    inflate(run.core)
    const { size, blocks } = statSync(run.core)
    expect(size).toBeGreaterThan(100 * GIB)
    expect(blocks * 512).toBeLessThan(GIB)
    const before = readBytesSoFar()
    expect(await index()).toEqual(plain)
    // Of the holes nothing is read.
    expect(readBytesSoFar() - before).toBeLessThan(2 * GIB)
    expect(process.memoryUsage().rss).toBeLessThan(2 * GIB)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** By this process, whether or not from the disk. proc(5), io: rchar */
function readBytesSoFar(): number {
  const [, text] = /rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8')) ?? []
  return Number(text)
}
