import { type Answer, readInteger, selectAll, selectOne } from '../answer.ts'

const MOST_GROUPS = 5000
/** Goroutines of one group that an answer names. */
const MOST_NAMED = 200

/** Goroutines that stand at the same place in the same way, as one group; groups that retain most first. */
export const answerGoroutines: Answer = (db) => ({
  groups: selectAll(db, GROUPS, { most: MOST_GROUPS }),
  totals: selectOne(
    db,
    `SELECT COALESCE(SUM(goroutines), 0) AS goroutines, COUNT(*) AS "groups", COALESCE(SUM(stack_size), 0) AS stack_size
     FROM goroutine_stacks`,
  ),
})

/** The goroutines of group `id`, those that retain most first. */
export const answerGoroutineGroup: Answer = (db, params) => ({
  goroutines: selectAll(db, MEMBERS, { id: readInteger(params, 'id'), most: MOST_NAMED }),
})

export const GROUPS = `
  SELECT id, goroutines, status, wait_reason,
    (SELECT MAX(waiting_since_ns) FROM goroutines WHERE waiting_since_ns IS NOT NULL) - waiting_since_ns AS waited_ns,
    function, created_by, frames, stack_size, retained_size, retained_count
  FROM goroutine_stacks ORDER BY id LIMIT :most`

export const MEMBERS = `
  SELECT g.id, g.goid, g.stack_size, r.retained_size
  FROM goroutine_stack_members m JOIN goroutines g ON g.id = m.goroutine_id JOIN roots r ON r.id = g.id
  WHERE m.stack_id = :id ORDER BY r.retained_size DESC, g.id LIMIT :most`
