-- goroutine-stacks: Goroutines that stand at the same place, with what they retain
--
-- One row per stack, those first that retain most: goroutines with the same calls, status, wait reason and origin. What
-- they retain is what each of them alone keeps alive through its stack, added up. Goroutines that leak may retain next to
-- nothing: by goroutines or stack_size they come first.
-- @param  limit integer = 50              stacks to return
-- @param  sort  text = retained_size {retained_size|goroutines|stack_size|waited_ns}  column to sort by
-- @param  filter text = ''                only where status, wait reason, origin or a call contains this; letters of either case
-- @column goroutines       integer count    how many
-- @column status           text    -        running, runnable, waiting, syscall, ...
-- @column wait_reason      text    -        as in a traceback; NULL when not waiting
-- @column waited_ns        integer duration nanoseconds that the longest has waited at least: up to the last collection that noted one; NULL when not noted
-- @column function         text    -        innermost function that is not the runtime's own; NULL when there is none
-- @column caller           text    -        innermost function outside of the standard library; NULL when function is that one, or there is none
-- @column created_by       text    -        function with the go statement; NULL for the first ones
-- @column labels           text    -        runtime/pprof labels that all of them have, a JSON object; NULL for none
-- @column stack_size       integer bytes    of their stacks
-- @column retained_size    integer bytes    bytes of heap that each alone keeps alive, added up
-- @column retained_count   integer count    objects, likewise
-- @column example_goid     integer -        number of one of them, as tracebacks print it
-- @column frames           text    -        calls, innermost first, one a line: function file:line
-- @chart  bar function retained_size
-- @scan   goroutine_stacks  each stack once, however many goroutines have it
WITH chosen AS (
  SELECT * FROM goroutine_stacks
  WHERE :filter = ''
    OR instr(
      lower(
        status || char(10) || COALESCE(wait_reason, '') || char(10)
          || COALESCE(created_by, '') || char(10) || frames
      ),
      lower(:filter)
    ) > 0
  ORDER BY
    CASE :sort
      WHEN 'goroutines' THEN goroutines
      WHEN 'stack_size' THEN stack_size
      -- The longest wait began first; NULL comes last.
      WHEN 'waited_ns' THEN -waiting_since_ns
    END DESC,
    -- By what they retain.
    id
  LIMIT :limit
)
SELECT
  s.goroutines,
  s.status,
  s.wait_reason,
  (SELECT MAX(waiting_since_ns) FROM goroutines WHERE waiting_since_ns IS NOT NULL)
    - s.waiting_since_ns AS waited_ns,
  s.function,
  s.caller,
  s.created_by,
  (
    SELECT NULLIF(json_group_object(shared.key, shared.value), '{}')
    FROM (
      SELECT l.key, l.value
      FROM goroutine_stack_members m
      CROSS JOIN goroutines g ON g.id = m.goroutine_id
      JOIN json_each(g.labels) l
      WHERE m.stack_id = s.id
      GROUP BY l.key, l.value
      HAVING COUNT(*) = s.goroutines
      ORDER BY l.key
    ) shared
  ) AS labels,
  s.stack_size,
  s.retained_size,
  s.retained_count,
  g.goid AS example_goid,
  s.frames
FROM chosen s
CROSS JOIN goroutines g ON g.id = s.goroutine_id
ORDER BY
  CASE :sort
    WHEN 'goroutines' THEN s.goroutines
    WHEN 'stack_size' THEN s.stack_size
    WHEN 'waited_ns' THEN -s.waiting_since_ns
  END DESC,
  s.id;
