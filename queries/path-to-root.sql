-- path-to-root: What keeps an object alive
--
-- A shortest path from a root to the object, the root first; a variable of a function comes after its goroutine and
-- frame. Other paths may exist: what alone keeps the object alive is its chain of dominators. An unreachable object has
-- no path but itself.
-- @param  id   integer                  object
-- @column step           integer count       0 for the first node
-- @column id             integer node        object or root
-- @column kind           text    nodes.kind  object, or the kind of root
-- @column label          text    nodes.label type of an object, kind and name of a root
-- @column field          text    -           field of this node that points at the next one; '' for goroutines and frames, NULL when not known
-- @column size           integer bytes       slot bytes of an object, bytes of a root
-- @column retained_size  integer bytes       bytes that it alone keeps alive
WITH RECURSIVE path (id, next_id, hops) AS (
  SELECT id, NULL, 0 FROM objects WHERE id = :id
  UNION ALL
  SELECT COALESCE(o.parent_id, r.parent_id), p.id, p.hops + 1
  FROM path p
  LEFT JOIN objects o ON o.id = p.id
  LEFT JOIN roots r ON r.id = p.id
  WHERE COALESCE(o.parent_id, r.parent_id) IS NOT NULL
)
SELECT
  MAX(p.hops) OVER () - p.hops AS step,
  p.id,
  n.kind,
  n.label,
  COALESCE(
    (
      SELECT e.path FROM pointers e
      WHERE e.source_id = p.id
        AND e.target_id = p.next_id
      ORDER BY e.offset LIMIT 1
    ),
    (
      SELECT e.path FROM root_pointers e
      WHERE e.root_id = p.id
        AND e.target_id = p.next_id
      ORDER BY e.offset LIMIT 1
    ),
    CASE WHEN n.kind IN ('goroutine', 'frame') THEN '' END
  ) AS field,
  n.size,
  n.retained_size
FROM path p
JOIN nodes n ON n.id = p.id
ORDER BY step;
