import { type Cell, type HeapDb, readRecords } from '../schema/heap-db.ts'
import { readQuery } from '../schema/query-file.ts'

/** Fewer goroutines at one place are how a program works. */
const CROWD = 10
/** Stacks that are looked at, the largest first. */
const STACKS = 20

/**
 * Goroutines at one place of the program whose stacks alone take `minShare` percent of heap and stacks: those that leak retain
 * next to nothing, and are in no dominator tree. A row of the query goroutine-stacks by column name; undefined: there are none.
 */
export function findGoroutineCrowd(db: HeapDb, minShare: number): Record<string, Cell> | undefined {
  const [[memory]] = db.query(`SELECT (SELECT COALESCE(SUM(reachable_bytes), 0) FROM type_totals)
    + (SELECT COALESCE(SUM(stack_size), 0) FROM goroutine_stacks)`).rows
  const stacks = db.runQuery(readQuery('goroutine-stacks'), { sort: 'stack_size', limit: STACKS })
  return readRecords(stacks).find(
    ({ goroutines, stack_size, function: place }) =>
      place !== null &&
      Number(goroutines) >= CROWD &&
      Number(stack_size) >= (minShare / 100) * Number(memory),
  )
}
