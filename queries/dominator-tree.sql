-- dominator-tree: What a node holds, level by level
--
-- The part of the dominator tree below a node that matters: children that hold less than min_share percent of all
-- reachable bytes are left out. A child is kept alive by its parent alone.
-- @param  id    integer = 0             node to begin with; 0 for the biggest of all
-- @param  depth integer = 16            levels to descend
-- @param  min_share real = 1            percent of all reachable bytes
-- @param  limit integer = 200           rows to return
-- @column level          integer count      0 for the first node
-- @column id             integer node       object or root
-- @column name           text    nodes.label type of an object, kind and name of a root
-- @column retained_size  integer bytes      bytes that would become garbage with it, itself included
-- @column share          real    percent    of all reachable bytes
-- @column retained_count integer count      objects that would become garbage with it
WITH RECURSIVE
threshold AS (
  SELECT :min_share / 100.0 * SUM(reachable_bytes) AS bytes FROM type_totals
),
biggest AS (
  SELECT id, retained_size FROM (
    SELECT id, retained_size FROM objects
    WHERE idom_id IS NULL AND retained_size IS NOT NULL
    ORDER BY retained_size DESC, id DESC LIMIT 1
  )
  UNION ALL
  SELECT id, retained_size FROM (
    SELECT id, retained_size FROM roots
    WHERE parent_id IS NULL
    ORDER BY retained_size DESC, id DESC LIMIT 1
  )
),
tree (id, level, place) AS (
  SELECT
    CASE
      WHEN :id > 0 THEN CAST(:id AS INTEGER)
      ELSE (SELECT id FROM biggest ORDER BY retained_size DESC, id DESC LIMIT 1)
    END,
    0,
    ''
  UNION ALL
  SELECT
    o.id,
    tree.level + 1,
    tree.place || printf('/%016d/%012d', (1 << 50) - o.retained_size, o.id)
  FROM tree
  CROSS JOIN threshold
  CROSS JOIN objects o
    ON o.idom_id = tree.id
    AND o.retained_size >= threshold.bytes
  WHERE tree.level < :depth
  UNION ALL
  SELECT
    r.id,
    tree.level + 1,
    tree.place || printf('/%016d/%012d', (1 << 50) - r.retained_size, r.id)
  FROM tree
  CROSS JOIN threshold
  CROSS JOIN roots r
    ON r.parent_id = tree.id
    AND r.retained_size >= threshold.bytes
  WHERE tree.level < :depth
)
SELECT
  tree.level,
  tree.id,
  (SELECT n.label FROM nodes n WHERE n.id = tree.id) AS name,
  COALESCE(r.retained_size, o.retained_size) AS retained_size,
  100.0 * COALESCE(r.retained_size, o.retained_size)
    / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  COALESCE(r.retained_count, o.retained_count) AS retained_count
FROM tree
LEFT JOIN roots r ON r.id = tree.id
LEFT JOIN objects o ON o.id = tree.id
WHERE COALESCE(r.retained_size, o.retained_size) IS NOT NULL
ORDER BY tree.place, tree.id
LIMIT :limit;
