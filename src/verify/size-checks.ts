import type { HeapDb } from '../schema/heap-db.ts'
import { type Check, compareFigures, countOf, Mismatches } from './check.ts'
import { countRows } from './loaded-heap.ts'

/** Spare bytes of objects, and the tree of sizes. */
export function checkSizes(db: HeapDb): Check[] {
  const [[spare]] = db.numbers(
    'SELECT COALESCE(SUM(unused_bytes), 0) FROM objects WHERE reachable AND unused_bytes > 0',
  )
  const [[byType]] = db.numbers('SELECT COALESCE(SUM(unused_bytes), 0) FROM type_totals')
  const [[inAccount]] = db.numbers(
    `SELECT COALESCE(SUM(bytes), 0) FROM memory_account WHERE key LIKE '%.reachable.values.unused'`,
  )
  return [
    checkUnused(db),
    compareFigures('unused bytes by type', 'unused bytes over all types', byType, spare),
    compareFigures('unused bytes in the account', 'unused bytes in the memory account', inAccount, spare),
    checkAccount(db),
  ]
}

/** No more of an object is spare than its values take. */
function checkUnused(db: HeapDb): Check {
  const wrong = new Mismatches()
  const [[known]] = db.numbers('SELECT COUNT(unused_bytes) FROM objects')
  const outside = db.query(
    `SELECT o.id, o.unused_bytes FROM objects o LEFT JOIN types t ON t.id = o.type_id
     WHERE o.unused_bytes IS NOT NULL AND (o.unused_bytes < 0 OR o.unused_bytes > o.length * t.size) IS NOT 0`,
  )
  for (const [id, bytes] of outside.rows) wrong.add(() => `object ${id} leaves ${bytes} bytes unused`)
  return wrong.check(
    'unused bytes fit',
    `${countOf(known)} objects of which it is known what they leave unused`,
  )
}

/** The parts of a row of the memory account are all that it has. */
function checkAccount(db: HeapDb): Check {
  const wrong = new Mismatches()
  const unequal = db.query(
    `SELECT p.key, p.bytes, SUM(c.bytes) AS parts
     FROM memory_account p JOIN memory_account c ON c.parent_id = p.id
     GROUP BY p.id HAVING p.bytes IS NOT parts`,
  )
  for (const [key, bytes, parts] of unequal.rows)
    wrong.add(() => `${key}: ${bytes} bytes, of parts of ${parts}`)
  return wrong.check('memory account', `${countOf(countRows(db, 'memory_account'))} rows, whose parts add up`)
}
