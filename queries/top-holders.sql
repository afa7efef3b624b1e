-- top-holders: What holds most memory
--
-- The top of the dominator tree: variables, goroutines and objects that nothing else alone keeps alive, by what would
-- become garbage without them. An object is here when several roots share it: nearest_root is one of them.
-- @param  limit integer = 50            rows to return
-- @column id             integer node       object or root
-- @column kind           text    nodes.kind object, or the kind of root: global, goroutine, ...
-- @column name           text    nodes.name type of an object; name of a variable or goroutine
-- @column type           text    types.name type of a variable; NULL for objects, and when not known
-- @column nearest_root   text    nodes.name of an object: the root on a shortest path to it, of a variable of a function with that; NULL for roots
-- @column retained_size  integer bytes      bytes that it alone keeps alive, itself included
-- @column share          real    percent    of all reachable bytes
-- @column retained_count integer count      objects that it alone keeps alive
-- @chart  bar name retained_size
WITH RECURSIVE
biggest_objects AS (
  SELECT id, retained_size, retained_count
  FROM objects
  WHERE idom_id IS NULL AND retained_size IS NOT NULL
  ORDER BY retained_size DESC, id DESC
  LIMIT :limit
),
biggest_roots AS (
  SELECT id, retained_size, retained_count
  FROM roots
  WHERE parent_id IS NULL
  ORDER BY retained_size DESC, id DESC
  LIMIT :limit
),
biggest AS (
  SELECT * FROM biggest_objects
  UNION ALL
  SELECT * FROM biggest_roots
  ORDER BY retained_size DESC, id DESC
  LIMIT :limit
),
climb (id, node_id) AS (
  SELECT b.id, o.parent_id
  FROM biggest b
  CROSS JOIN objects o ON o.id = b.id
  UNION ALL
  SELECT climb.id, o.parent_id
  FROM climb
  CROSS JOIN objects o ON o.id = climb.node_id
)
SELECT
  b.id,
  COALESCE(r.kind, 'object') AS kind,
  COALESCE(
    r.name,
    CASE WHEN o.length <> 1 THEN '[' || o.length || ']' ELSE '' END || t.name,
    '(unknown)'
  ) AS name,
  u.name AS type,
  (SELECT n.label FROM nodes n WHERE n.id = h.id) || COALESCE(' of ' || f.name, '') AS nearest_root,
  b.retained_size,
  100.0 * b.retained_size
    / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  b.retained_count
FROM biggest b
LEFT JOIN roots r ON r.id = b.id
LEFT JOIN types u ON u.id = r.type_id
LEFT JOIN objects o ON o.id = b.id
LEFT JOIN types t ON t.id = o.type_id
LEFT JOIN climb c
  ON c.id = b.id
  AND c.node_id > (SELECT COALESCE(MAX(id), 0) FROM objects)
LEFT JOIN roots h ON h.id = c.node_id
LEFT JOIN roots f
  ON f.id = h.parent_id
  AND f.kind = 'frame'
ORDER BY b.retained_size DESC, b.id DESC;
