-- dominator-tree-by: Who keeps how much alive, by type or package
--
-- The dominator tree of the whole heap with nodes of one type, or of one package, below the same place merged. Places that
-- keep less than min_share percent of all reachable bytes are left out.
-- @param  by    text = 'type' {type|package}  what merged nodes have in common
-- @param  depth integer = 16            levels to descend
-- @param  min_share real = 1            percent of all reachable bytes
-- @param  limit integer = 200           rows to return
-- @column level         integer count      1 at the top
-- @column name          text    -          type, […] for arrays; kind and name of roots; import path
-- @column nodes         integer count      nodes merged here
-- @column size          integer bytes      their own slots
-- @column retained_size integer bytes      slots here and below
-- @column share         real    percent    of all reachable bytes
-- @column objects       integer count      objects here and below
-- @column example_id    integer node       the node among them that keeps most alive
-- @chart  bar name retained_size
WITH RECURSIVE
threshold AS MATERIALIZED (
  SELECT :min_share / 100.0 * SUM(reachable_bytes) AS least, SUM(reachable_bytes) AS bytes FROM type_totals
),
types_tree (id, level, place) AS (
  SELECT p.id, 1, printf('%016d/%08d', (1 << 50) - p.retained_size, p.id)
  FROM threshold
  CROSS JOIN dominator_paths p
    ON :by = 'type'
    AND p.parent_id IS NULL
    AND p.retained_size >= threshold.least
  UNION ALL
  SELECT p.id, t.level + 1, t.place || printf('/%016d/%08d', (1 << 50) - p.retained_size, p.id)
  FROM types_tree t
  CROSS JOIN threshold
  CROSS JOIN dominator_paths p
    ON p.parent_id = t.id
    AND p.retained_size >= threshold.least
  WHERE t.level < :depth
),
packages_tree (id, level, place) AS (
  SELECT p.id, 1, printf('%016d/%08d', (1 << 50) - p.retained_size, p.id)
  FROM threshold
  CROSS JOIN package_paths p
    ON :by = 'package'
    AND p.parent_id IS NULL
    AND p.retained_size >= threshold.least
  UNION ALL
  SELECT p.id, t.level + 1, t.place || printf('/%016d/%08d', (1 << 50) - p.retained_size, p.id)
  FROM packages_tree t
  CROSS JOIN threshold
  CROSS JOIN package_paths p
    ON p.parent_id = t.id
    AND p.retained_size >= threshold.least
  WHERE t.level < :depth
),
found AS (
  SELECT
    t.place,
    t.level,
    p.label AS name,
    p.nodes, p.size, p.retained_size, p.objects, p.node_id
  FROM types_tree t
  CROSS JOIN dominator_paths p ON p.id = t.id
  UNION ALL
  SELECT
    t.place,
    t.level,
    COALESCE(p.package, '(none)'),
    p.nodes, p.size, p.retained_size, p.objects, p.node_id
  FROM packages_tree t
  CROSS JOIN package_paths p ON p.id = t.id
)
SELECT
  level,
  name,
  nodes,
  size,
  retained_size,
  100.0 * retained_size / NULLIF((SELECT bytes FROM threshold), 0) AS share,
  objects,
  node_id AS example_id
FROM found
ORDER BY place
LIMIT :limit;
