-- goroutine-stack: The stack of one goroutine with its variables
--
-- The calls of a goroutine, innermost first, each with the arguments and locals that point at something. A variable
-- without a name is a word of the frame, by its place on the stack.
-- @param  goid  integer                number that tracebacks print
-- @column depth          integer count      of the call; 0 is the innermost
-- @column id             integer node       frame or variable
-- @column kind           text    nodes.kind frame, argument, local, ...
-- @column name           text    -          function; name of a variable
-- @column type           text    types.name  type of a variable; NULL for frames, and when not known
-- @column place          text    -          file:line of a call; NULL for variables, and when not known
-- @column retained_size  integer bytes      bytes of heap that it alone keeps alive; of a frame, that its variables do
-- @column target_id      integer node       object that a variable points at; the first of several; NULL for frames
-- @column target         text    types.name  type of that object; NULL for frames, and when not known
-- @column targets        integer count      objects that it points at; NULL for frames
WITH
chosen AS (
  SELECT f.* FROM goroutines g
  CROSS JOIN frames f ON f.goroutine_id = g.id
  WHERE g.goid = :goid
),
variables AS (
  SELECT
    v.*,
    f.depth AS frame_depth,
    (
      SELECT e.target_id FROM root_edges e
      WHERE e.root_id = v.id
      ORDER BY e.offset LIMIT 1
    ) AS target_id,
    (
      SELECT COUNT(DISTINCT e.target_id) FROM root_edges e
      WHERE e.root_id = v.id
    ) AS targets
  FROM chosen f
  CROSS JOIN roots v ON v.parent_id = f.id
)
SELECT
  f.depth AS depth,
  f.id AS id,
  r.kind,
  f.function AS name,
  NULL AS type,
  f.file || COALESCE(':' || f.line, '') AS place,
  r.retained_size,
  NULL AS target_id,
  NULL AS target,
  NULL AS targets
FROM chosen f
JOIN roots r ON r.id = f.id
UNION ALL
SELECT
  v.frame_depth,
  v.id,
  v.kind,
  v.name,
  t.name,
  NULL,
  v.retained_size,
  v.target_id,
  u.name,
  v.targets
FROM variables v
LEFT JOIN types t ON t.id = v.type_id
LEFT JOIN objects o ON o.id = v.target_id
LEFT JOIN types u ON u.id = o.type_id
ORDER BY depth, id;
