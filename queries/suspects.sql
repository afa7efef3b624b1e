-- suspects: What may leak: where much memory gathers, and what gathers there
--
-- Follows dominator_paths from the top as long as a place keeps at least min_share percent of all reachable bytes, and one
-- node most of that. Where that ends is the accumulation point; what it holds most of, by type, is what gathers there. A row
-- without an accumulation point is of many nodes of one name, none of which keeps most: goroutines that do the same, or
-- objects that several roots share.
-- @param  min_share real = 10           percent of all reachable bytes that a suspect keeps at least
-- @column gathers          text    types.name type of what gathers, […] for arrays, or name of roots; NULL: the accumulation point itself is that large
-- @column gathers_count    integer count      nodes of that name
-- @column gathers_size     integer bytes      what they keep alive, themselves included
-- @column share            real    percent    of all reachable bytes: gathers_size, or retained_size where that is NULL
-- @column example_id       integer node       the one of them that keeps most
-- @column accumulation_id  integer node       where memory gathers; NULL: in many nodes of one name
-- @column accumulation     text    nodes.name type of that object, or name of the root
-- @column path             text    -          how a root leads there, as Go writes it; variables of functions after theirs; NULL without an accumulation point
-- @column retained_size    integer bytes      what the accumulation point, or all nodes of a row without one, keep alive
-- @column holder_id        integer node       the node at the top of the dominator tree above it: a variable, goroutine or object
-- @column holder           text    nodes.name its name, without the numbers of goroutines
-- @column proof            text    -          SQL that shows the place and what lies below it
-- @chart  bar gathers gathers_size
WITH RECURSIVE
heap AS (
  SELECT :min_share / 100.0 * SUM(reachable_bytes) AS large, SUM(reachable_bytes) AS bytes FROM type_totals
),
-- From the top down, while one node keeps most of its place: all above it do. The head of a list keeps the whole list.
single (id, top_id, top_name) AS (
  SELECT p.id, p.node_id, p.name
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
  SELECT p.id, s.top_id, s.top_name
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
found (place_id, below_id, top_id, top_name) AS (
  SELECT s.id, p.id, s.top_id, s.top_name
  FROM single s
  CROSS JOIN heap
  CROSS JOIN dominator_paths p ON p.parent_id = s.id AND p.retained_size >= heap.large
  WHERE p.id NOT IN (SELECT id FROM single)
  UNION ALL
  SELECT
    s.id,
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
-- A shortest path to each accumulation point, written as one expression.
hops (place_id, node_id, text, n) AS (
  SELECT f.place_id, p.node_id, '', 0
  FROM (SELECT DISTINCT place_id FROM found WHERE place_id IS NOT NULL) f
  CROSS JOIN dominator_paths p ON p.id = f.place_id
  UNION ALL
  SELECT
    h.place_id,
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
    h.place_id,
    CASE WHEN q.kind = 'frame' THEN q.name || ': ' ELSE '' END || COALESCE(r.name, '…') || h.text AS text,
    MAX(h.n) AS n
  FROM hops h
  LEFT JOIN roots r ON r.id = h.node_id
  LEFT JOIN roots q ON q.id = r.parent_id
  GROUP BY h.place_id
)
SELECT
  b.name AS gathers,
  b.nodes AS gathers_count,
  b.retained_size AS gathers_size,
  100.0 * COALESCE(b.retained_size, p.retained_size) / heap.bytes AS share,
  b.node_id AS example_id,
  p.node_id AS accumulation_id,
  p.name AS accumulation,
  paths.text AS path,
  COALESCE(p.retained_size, b.retained_size) AS retained_size,
  f.top_id AS holder_id,
  f.top_name AS holder,
  'SELECT level, name, nodes, objects, size, retained_size, node_id FROM dominator_paths WHERE id = '
    || COALESCE(p.id, b.id) || ' OR parent_id = ' || COALESCE(p.id, b.id)
    || ' ORDER BY level, retained_size DESC' AS proof
FROM found f
CROSS JOIN heap
LEFT JOIN dominator_paths p ON p.id = f.place_id
LEFT JOIN dominator_paths b ON b.id = f.below_id
LEFT JOIN paths ON paths.place_id = f.place_id
ORDER BY share DESC, retained_size, accumulation_id;
