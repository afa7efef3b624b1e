-- goroutines: Goroutines by retained size
--
-- What each goroutine is doing, where it came from, and the memory that it alone keeps alive through its stack.
-- @param  limit integer = 50            goroutines to return
-- @param  filter text = ''              only where status, wait reason, origin or a call contains this; letters of either case
-- @column id               integer node  root
-- @column goid             integer -     number that tracebacks print
-- @column status           text    -     running, waiting, ...
-- @column wait_reason      text    -     as in a traceback; NULL when not waiting
-- @column waited_ns        integer duration nanoseconds that it has waited at least: up to the last collection that noted one; NULL when not noted
-- @column function         text    -     innermost function that is not the runtime's own; NULL when there is none
-- @column created_by       text    -     function with the go statement; NULL for the first ones
-- @column labels           text    -     runtime/pprof labels, a JSON object; NULL for none
-- @column stack_size       integer bytes its stack
-- @column retained_size    integer bytes bytes of heap that it alone keeps alive
-- @column retained_count   integer count objects that it alone keeps alive
-- @chart  bar goid retained_size
SELECT
  g.id,
  g.goid,
  g.status,
  g.wait_reason,
  (SELECT MAX(waiting_since_ns) FROM goroutines) - g.waiting_since_ns
    AS waited_ns,
  (
    SELECT f.function FROM frames f
    WHERE f.goroutine_id = g.id
      AND f.function NOT LIKE 'runtime.%'
    ORDER BY f.depth LIMIT 1
  ) AS function,
  g.created_by,
  g.labels,
  g.stack_size,
  r.retained_size,
  r.retained_count
FROM goroutines g
JOIN roots r ON r.id = g.id
WHERE :filter = ''
  OR instr(
    lower(
      g.status || char(10) || COALESCE(g.wait_reason, '') || char(10)
        || COALESCE(g.created_by, '')
    ),
    lower(:filter)
  ) > 0
  OR EXISTS (
    SELECT 1 FROM frames f
    WHERE f.goroutine_id = g.id
      AND instr(lower(f.function), lower(:filter)) > 0
  )
ORDER BY r.retained_size DESC, g.goid
LIMIT :limit;
