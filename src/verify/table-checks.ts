import { GoheapError } from '../errors.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { type Check, compareFigures, countOf, hexOf, Mismatches } from './check.ts'
import { countRows, type LoadedHeap } from './loaded-heap.ts'

/** What SQLite itself can tell of the file's pages. */
export function checkFile(db: HeapDb): Check {
  const damage = new Mismatches()
  try {
    for (const [message] of db.query('PRAGMA integrity_check').rows) {
      if (message !== 'ok') damage.add(() => String(message))
    }
  } catch (error) {
    // SQLite gives up on some kinds of damage.
    if (!(error instanceof GoheapError) || error.code !== 'corrupt') throw error
    damage.add(() => error.message)
  }
  return damage.check('file is intact', 'the file, its b-trees and indexes (integrity_check)')
}

export function checkReferences(db: HeapDb): Check {
  const foreign = new Mismatches()
  for (const [table, row, parent] of db.query('PRAGMA foreign_key_check').rows) {
    foreign.add(() => `${table} row ${row} names a row that ${parent} does not have`)
  }
  return foreign.check('foreign keys', 'the references between tables (foreign_key_check)')
}

/** Ids as the schema promises them. Without this the other checks cannot be made. */
export function checkIds(db: HeapDb): Check {
  const wrong = new Mismatches()
  const objects = countRows(db, 'objects')
  const roots = countRows(db, 'roots')
  const expect = (table: string, first: number, count: number) => {
    const sql = `SELECT COALESCE(MIN(id), ${first}), COALESCE(MAX(id), ${first - 1}) FROM ${table}`
    for (const [low, high] of db.numbers(sql)) {
      if (low !== first || high !== first + count - 1)
        wrong.add(() => `${table}: ${count} rows with ids ${low} to ${high}`)
    }
  }
  expect('objects', 1, objects)
  expect('roots', objects + 1, roots)
  expect('spans', 1, countRows(db, 'spans'))
  return wrong.check(
    'one id space',
    `${countOf(objects)} objects, then ${countOf(roots)} roots, without a gap`,
  )
}

/** Objects ascend, and each fills a slot of its span. */
export function checkSlots({ objects, spans }: LoadedHeap): Check {
  const wrong = new Mismatches()
  let before = 0
  for (let i = 0; i < objects.count; i++) {
    const s = objects.span[i]
    const base = objects.address[i] - spans.headerSize[s]
    const within = base - spans.address[s]
    const slot = within / spans.slotSize[s]
    if (base < before) wrong.add(() => `object ${i + 1} at ${hexOf(base)} begins before the last one ends`)
    else if (objects.size[i] !== spans.slotSize[s])
      wrong.add(() => `object ${i + 1} has ${objects.size[i]} bytes in a span of ${spans.slotSize[s]}`)
    else if (!Number.isInteger(slot) || slot < 0 || slot >= spans.slots[s])
      wrong.add(() => `object ${i + 1} at ${hexOf(base)} fills no slot of span ${s + 1}`)
    before = base + objects.size[i]
  }
  return wrong.check(
    'objects fill slots',
    `${countOf(objects.count)} objects in address order, in their spans`,
  )
}

/** Each span says how many objects it has, and which is the first. */
export function checkSpans({ objects, spans }: LoadedHeap): Check {
  const wrong = new Mismatches()
  const count = new Float64Array(spans.count)
  const first = new Int32Array(spans.count).fill(-1)
  for (let i = objects.count - 1; i >= 0; i--) {
    count[objects.span[i]]++
    first[objects.span[i]] = i
  }
  for (let s = 0; s < spans.count; s++) {
    if (count[s] !== spans.allocated[s])
      wrong.add(() => `span ${s + 1} has ${count[s]} objects, and counts ${spans.allocated[s]}`)
    else if (first[s] !== spans.firstObject[s])
      wrong.add(
        () => `span ${s + 1} begins with object ${first[s] + 1}, and names ${spans.firstObject[s] + 1}`,
      )
    else if (spans.slots[s] * spans.slotSize[s] > spans.pages[s] * 8192)
      wrong.add(() => `span ${s + 1} is too small for its slots`)
    else if (s > 0 && spans.address[s] < spans.address[s - 1] + spans.pages[s - 1] * 8192)
      wrong.add(() => `span ${s + 1} overlaps the one before`)
  }
  return wrong.check('allocated counts of spans', `${countOf(spans.count)} spans`)
}

/** What the summary shows is the sum of the rows. */
export function checkTotals(db: HeapDb, { objects }: LoadedHeap): Check[] {
  const metadata = db.metadata()
  const sums = { objects: objects.count, bytes: 0, reachable: 0, reachableBytes: 0, typed: 0 }
  for (let i = 0; i < objects.count; i++) {
    sums.bytes += objects.size[i]
    if (objects.reachable[i] === 0) continue
    sums.reachable++
    sums.reachableBytes += objects.size[i]
    if (objects.type[i] >= 0) sums.typed += objects.size[i]
  }
  const [[inTotals]] = db.numbers('SELECT COALESCE(SUM(reachable_bytes), 0) FROM type_totals')
  const figure = (key: string) => Number(metadata.get(key))
  return [
    compareFigures('objects in metadata', 'objects', figure('heap_objects'), sums.objects),
    compareFigures('bytes in metadata', 'bytes', figure('heap_bytes'), sums.bytes),
    compareFigures('reachable objects in metadata', 'objects', figure('reachable_objects'), sums.reachable),
    compareFigures('reachable bytes in metadata', 'bytes', figure('reachable_bytes'), sums.reachableBytes),
    compareFigures('typed bytes in metadata', 'bytes', figure('typed_reachable_bytes'), sums.typed),
    compareFigures('totals by type', 'reachable bytes over all types', inTotals, sums.reachableBytes),
  ]
}
