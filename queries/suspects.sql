-- suspects: What may leak: where much memory gathers, and what gathers there
--
-- Follows dominator_paths from the top as long as a place keeps at least min_share percent of all reachable bytes, and one
-- node most of that. Where that ends is the accumulation point; what it holds most of, by type, is what gathers there. The
-- tables and groups of a map are passed through: what gathers are its entries, and the map is where they do. A row without
-- an accumulation point is of many nodes of one name, none of which keeps most: goroutines that do the same, or objects
-- that several roots share.
-- @param  min_share real = 10           percent of all reachable bytes that a suspect keeps at least
-- @column gathers          text    types.name type of what gathers, […] for arrays, or name of roots; NULL: the accumulation point itself is that large
-- @column gathers_kind     text    -          object, or the kind of those roots: goroutine, global, ...
-- @column gathers_count    integer count      nodes of that name
-- @column gathers_size     integer bytes      what they keep alive, themselves included
-- @column share            real    percent    of all reachable bytes: gathers_size, or retained_size where that is NULL
-- @column example_id       integer node       the one of them that keeps most
-- @column accumulation_id  integer node       where memory gathers; NULL: in many nodes of one name
-- @column accumulation     text    nodes.name type of that object, or name of the root
-- @column field            text    -          type and field that point there on that path; NULL when a root does
-- @column path             text    -          how a root leads to the accumulation point, or without one to the example, as Go writes it; variables of functions after theirs; NULL of roots without one
-- @column retained_size    integer bytes      what the accumulation point, or all nodes of a row without one, keep alive
-- @column holder_id        integer node       the node at the top of the dominator tree above it: a variable, goroutine or object
-- @column holder           text    nodes.name its name, without the numbers of goroutines
-- @column proof            text    -          SQL that shows the place and what lies below it
-- @chart  bar gathers gathers_size
WITH RECURSIVE
heap AS (
  SELECT :min_share / 100.0 * SUM(reachable_bytes) AS large, SUM(reachable_bytes) AS bytes FROM type_totals
),
-- From the top down, while one node keeps most of its place: all above it do. The head of a list keeps the whole list. The
-- owner of a map's table or group is the map.
single (id, owner_id, top_id, top_name) AS (
  SELECT p.id, p.id, p.node_id, p.name
  FROM heap
  CROSS JOIN dominator_paths p ON p.parent_id IS NULL AND p.retained_size >= heap.large
  WHERE (
    p.nodes = 1
    OR COALESCE(
      (SELECT o.retained_size FROM objects o WHERE o.id = p.node_id),
      (SELECT r.retained_size FROM roots r WHERE r.id = p.node_id)
    ) >= 0.8 * p.retained_size
  )
  UNION ALL
  SELECT
    p.id,
    CASE WHEN p.is_map_part THEN s.owner_id ELSE p.id END,
    s.top_id,
    s.top_name
  FROM single s
  CROSS JOIN heap
  CROSS JOIN dominator_paths p ON p.parent_id = s.id AND p.retained_size >= heap.large
  WHERE (
    p.nodes = 1
    OR COALESCE(
      (SELECT o.retained_size FROM objects o WHERE o.id = p.node_id),
      (SELECT r.retained_size FROM roots r WHERE r.id = p.node_id)
    ) >= 0.8 * p.retained_size
  )
),
-- Where it ends: at many nodes of one name, or where nothing below keeps as much.
ends (place_id, below_id, top_id, top_name) AS (
  SELECT s.owner_id, p.id, s.top_id, s.top_name
  FROM single s
  CROSS JOIN heap
  CROSS JOIN dominator_paths p ON p.parent_id = s.id AND p.retained_size >= heap.large
  WHERE p.id NOT IN (SELECT id FROM single)
  UNION ALL
  SELECT
    s.owner_id,
    CASE
      WHEN (SELECT l.nodes FROM dominator_paths l WHERE l.id = s.id) > 1 THEN s.id
      ELSE (
        SELECT b.id FROM dominator_paths b
        WHERE b.parent_id = s.id
        ORDER BY b.retained_size DESC LIMIT 1
      )
    END,
    s.top_id, s.top_name
  FROM single s
  CROSS JOIN heap
  WHERE NOT EXISTS (
    SELECT 1 FROM dominator_paths l
    WHERE l.parent_id = s.id AND l.retained_size >= heap.large
  )
  UNION ALL
  SELECT NULL, p.id, p.node_id, p.name
  FROM heap
  CROSS JOIN dominator_paths p ON p.parent_id IS NULL AND p.retained_size >= heap.large
  WHERE p.id NOT IN (SELECT id FROM single)
),
-- From the part of a map down to its entries, as long as those of one kind keep most of it.
found (place_id, end_id, below_id, top_id, top_name, steps) AS (
  SELECT e.place_id, e.below_id, e.below_id, e.top_id, e.top_name, 0 FROM ends e
  UNION ALL
  SELECT
    f.place_id,
    f.end_id,
    (
      SELECT b.id FROM dominator_paths b
      WHERE b.parent_id = p.id AND b.retained_size >= 0.5 * p.retained_size
      ORDER BY b.retained_size DESC LIMIT 1
    ),
    f.top_id,
    f.top_name,
    f.steps + 1
  FROM found f
  CROSS JOIN dominator_paths p ON p.id = f.below_id
  WHERE p.is_map_part
),
-- A shortest path to each accumulation point, or else to the example, written as one expression.
hops (end_id, node_id, text, n) AS (
  SELECT DISTINCT p.node_id, p.node_id, '', 0
  FROM found f
  CROSS JOIN dominator_paths p ON p.id = COALESCE(f.place_id, f.below_id)
  WHERE f.place_id IS NOT NULL OR p.kind = 'object'
  UNION ALL
  SELECT
    h.end_id,
    o.parent_id,
    COALESCE(
      (
        SELECT e.path FROM pointers e
        WHERE e.source_id = o.parent_id AND e.target_id = o.id
        ORDER BY e.offset LIMIT 1
      ),
      (
        SELECT e.path FROM root_pointers e
        WHERE e.root_id = o.parent_id AND e.target_id = o.id
        ORDER BY e.offset LIMIT 1
      ),
      '.?'
    ) || h.text,
    h.n + 1
  FROM hops h
  CROSS JOIN objects o ON o.id = h.node_id
  WHERE o.parent_id IS NOT NULL AND h.n < 100
),
paths AS (
  SELECT
    h.end_id,
    (
      SELECT t.name || f.text
      FROM hops f
      CROSS JOIN objects o ON o.id = f.node_id
      CROSS JOIN types t ON t.id = o.type_id
      WHERE f.end_id = h.end_id AND f.n = 1
    ) AS field,
    CASE WHEN q.kind = 'frame' THEN q.name || ': ' ELSE '' END || COALESCE(r.name, '…') || h.text AS text,
    MAX(h.n) AS n
  FROM hops h
  LEFT JOIN roots r ON r.id = h.node_id
  LEFT JOIN roots q ON q.id = r.parent_id
  GROUP BY h.end_id
)
SELECT
  b.name AS gathers,
  b.kind AS gathers_kind,
  b.nodes AS gathers_count,
  b.retained_size AS gathers_size,
  100.0 * COALESCE(b.retained_size, p.retained_size) / heap.bytes AS share,
  b.node_id AS example_id,
  p.node_id AS accumulation_id,
  p.name AS accumulation,
  paths.field AS field,
  paths.text AS path,
  COALESCE(p.retained_size, b.retained_size) AS retained_size,
  f.top_id AS holder_id,
  f.top_name AS holder,
  'SELECT level, name, nodes, objects, size, retained_size, node_id FROM dominator_paths WHERE id IN ('
    || CASE WHEN p.id <> b.id THEN p.id || ', ' || b.id ELSE COALESCE(p.id, b.id) END
    || ') OR parent_id IN ('
    || CASE WHEN b.parent_id <> p.id AND p.id <> b.id THEN p.id || ', ' || b.parent_id ELSE COALESCE(p.id, b.id) END
    || ') ORDER BY level, retained_size DESC' AS proof
FROM (
  -- Its last step; the one before where no entries keep most.
  SELECT place_id, below_id, top_id, top_name, MAX(steps) FROM found
  WHERE below_id IS NOT NULL OR end_id IS NULL
  GROUP BY place_id, end_id
) f
CROSS JOIN heap
LEFT JOIN dominator_paths p ON p.id = f.place_id
LEFT JOIN dominator_paths b ON b.id = f.below_id
LEFT JOIN paths ON paths.end_id = COALESCE(p.node_id, b.node_id)
ORDER BY share DESC, retained_size, accumulation_id;
