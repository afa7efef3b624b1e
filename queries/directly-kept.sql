-- directly-kept: What a node directly keeps alive, by type, package or module
--
-- Objects below a node in the dominator tree, grouped, those first that keep most alive; of a goroutine or frame, the
-- objects that its variables directly keep. What all groups retain is what the node retains, without an object's own slot.
-- An unnamed type belongs to the package of the first named type in its name.
-- @param  id    integer = 0             node; 0: objects that nothing alone keeps alive
-- @param  by    text = 'type' {type|package|module}  what the objects of a group have in common
-- @param  limit integer = 50            groups to return
-- @column name           text    -          type, import path, module with version (std: the standard library); (unknown) for objects of unknown type, (none) for types that name no package
-- @column types          integer count      types of the objects
-- @column objects        integer count      objects of the group
-- @column size           integer bytes      their slots
-- @column retained_size  integer bytes      what they keep alive, themselves included
-- @column share          real    percent    of all reachable bytes
-- @column retained_count integer count      objects, likewise
-- @column example_id     integer node       the one that keeps most alive
-- @chart  bar name retained_size
WITH RECURSIVE
-- The node, and the roots that are parts of it; nothing where the sums are at hand.
below (id) AS (
  SELECT CAST(:id AS INTEGER)
  WHERE NOT EXISTS (SELECT 1 FROM dominated_types WHERE idom_id = :id)
  UNION ALL
  SELECT r.id FROM below b CROSS JOIN roots r ON r.parent_id = b.id
),
by_type AS (
  SELECT
    type_id, objects, size, retained_size, retained_count, node_id,
    (SELECT retained_size FROM objects WHERE id = node_id) AS largest
  FROM dominated_types
  WHERE idom_id = :id
  UNION ALL
  -- o.id is that of the row that has the largest.
  SELECT
    o.type_id, COUNT(*), SUM(o.size), SUM(o.retained_size), SUM(o.retained_count), o.id, MAX(o.retained_size)
  FROM below b
  CROSS JOIN objects o ON o.idom_id = b.id
  GROUP BY o.type_id
),
groups AS (
  SELECT
    CASE
      WHEN t.id IS NULL THEN '(unknown)'
      ELSE COALESCE(CASE :by WHEN 'type' THEN t.name WHEN 'package' THEN t.owner WHEN 'module' THEN t.module END, '(none)')
    END AS name,
    COUNT(t.id) AS types,
    SUM(b.objects) AS objects,
    SUM(b.size) AS size,
    SUM(b.retained_size) AS retained_size,
    SUM(b.retained_count) AS retained_count,
    -- Of the row that has the largest, likewise.
    b.node_id AS example_id,
    MAX(b.largest)
  FROM by_type b
  LEFT JOIN types t ON t.id = b.type_id
  GROUP BY 1
)
SELECT
  name,
  types,
  objects,
  size,
  retained_size,
  100.0 * retained_size / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  retained_count,
  example_id
FROM groups
ORDER BY retained_size DESC, example_id
LIMIT :limit;
