-- goroutines: Goroutines by retained size
--
-- What each goroutine is doing, where it came from, and the memory that it alone keeps alive through its stack.
-- @param  limit integer = 50            goroutines to return
-- @param  sort  text = retained_size {retained_size|stack_size|waited_ns}  column to sort by
-- @param  filter text = ''              only where status, wait reason, origin or a call contains this; letters of either case
-- @column id               integer node  root
-- @column goid             integer -     number that tracebacks print
-- @column status           text    -     running, waiting, ...
-- @column wait_reason      text    -     as in a traceback; NULL when not waiting
-- @column waited_ns        integer duration nanoseconds that it has waited at least: up to the last collection that noted one; NULL when not noted
-- @column function         text    -     innermost function that is not the runtime's own; NULL when there is none
-- @column caller           text    -     innermost function outside of the standard library; NULL when function is that one, or there is none
-- @column created_by       text    -     function with the go statement; NULL for the first ones
-- @column labels           text    -     runtime/pprof labels, a JSON object; NULL for none
-- @column stack_size       integer bytes its stack
-- @column retained_size    integer bytes bytes of heap that it alone keeps alive
-- @column retained_count   integer count objects that it alone keeps alive
-- @chart  bar goid retained_size
-- @scan   goroutine_stacks  each stack once, however many goroutines have it
-- @scan   goroutines        by another column than retained_size: all of them
WITH
stacks AS (
  SELECT id FROM goroutine_stacks
  WHERE :filter = ''
    OR instr(
      lower(
        status || char(10) || COALESCE(wait_reason, '') || char(10)
          || COALESCE(created_by, '') || char(10) || frames
      ),
      lower(:filter)
    ) > 0
),
-- In the order of an index, or else sorted.
chosen AS (
  SELECT * FROM (
    SELECT
      r.id,
      (SELECT g.goid FROM goroutines g WHERE g.id = r.id) AS goid,
      r.retained_size,
      r.retained_count,
      NULL AS sorted_by
    FROM roots r
    WHERE :sort = 'retained_size'
      AND r.parent_id IS NULL
      AND (
        SELECT m.stack_id FROM goroutine_stack_members m
        WHERE m.goroutine_id = r.id
      ) IN (SELECT id FROM stacks)
    ORDER BY r.retained_size DESC, 2
    LIMIT :limit
  )
  UNION ALL
  SELECT * FROM (
    SELECT
      g.id,
      g.goid,
      r.retained_size,
      r.retained_count,
      CASE :sort WHEN 'stack_size' THEN g.stack_size ELSE -g.waiting_since_ns END AS sorted_by
    FROM goroutines g
    CROSS JOIN roots r ON r.id = g.id
    WHERE :sort <> 'retained_size'
      AND (
        SELECT m.stack_id FROM goroutine_stack_members m
        WHERE m.goroutine_id = g.id
      ) IN (SELECT id FROM stacks)
    ORDER BY 5 DESC, r.retained_size DESC, g.goid
    LIMIT :limit
  )
)
SELECT
  c.id,
  c.goid,
  g.status,
  g.wait_reason,
  (SELECT MAX(waiting_since_ns) FROM goroutines WHERE waiting_since_ns IS NOT NULL)
    - g.waiting_since_ns AS waited_ns,
  s.function,
  s.caller,
  g.created_by,
  g.labels,
  g.stack_size,
  c.retained_size,
  c.retained_count
FROM chosen c
CROSS JOIN goroutines g ON g.id = c.id
CROSS JOIN goroutine_stack_members m ON m.goroutine_id = c.id
CROSS JOIN goroutine_stacks s ON s.id = m.stack_id
ORDER BY c.sorted_by DESC, c.retained_size DESC, c.goid;
