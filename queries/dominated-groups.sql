-- dominated-types: What a node directly keeps alive, by type
--
-- Children of a node in the dominator tree, grouped by type, those first that keep most alive.
-- @param  id    integer = 0             node; 0: objects that nothing alone keeps alive
-- @param  limit integer = 50            types to return
-- @column type           text    types.name? type of the objects; NULL when not known
-- @column package        text    types.package import path of a named type
-- @column objects        integer count      objects of the type
-- @column size           integer bytes      their slots
-- @column retained_size  integer bytes      what they keep alive, themselves included
-- @column share          real    percent    of all reachable bytes
-- @column retained_count integer count      objects, likewise
-- @column example_id     integer node       the one that keeps most alive
-- @chart  bar type retained_size
WITH
sums AS (
  SELECT type_id, objects, size, retained_size, retained_count, node_id
  FROM dominated_types
  WHERE idom_id = :id
  UNION ALL
  -- id is that of the row that has the largest.
  SELECT type_id, n, size, retained_size, retained_count, id
  FROM (
    SELECT
      type_id, id, COUNT(*) AS n, SUM(size) AS size, SUM(retained_size) AS retained_size,
      SUM(retained_count) AS retained_count, MAX(retained_size)
    FROM objects
    WHERE idom_id = NULLIF(CAST(:id AS INTEGER), 0)
      AND NOT EXISTS (SELECT 1 FROM dominated_types WHERE idom_id = :id)
    GROUP BY type_id
  )
)
SELECT
  t.name AS type,
  t.package,
  s.objects,
  s.size,
  s.retained_size,
  100.0 * s.retained_size / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  s.retained_count,
  s.node_id AS example_id
FROM sums s
LEFT JOIN types t ON t.id = s.type_id
ORDER BY s.retained_size DESC, example_id
LIMIT :limit;
