-- object-at: The object at an address
--
-- The object whose slot holds an address, and what lies there in it; no row when no object does.
-- @param  address address               any address in the slot, 0x... too
-- @column id             integer node       object
-- @column address        integer address    where pointers to it point
-- @column type           text    types.name Go type; NULL when not known
-- @column length         integer count      consecutive elements of the type
-- @column size           integer bytes      slot bytes
-- @column reachable      integer -          0 for garbage, NULL when not known
-- @column retained_size  integer bytes      bytes that it alone keeps alive; NULL for garbage
-- @column distance       integer count      pointers from the nearest root; NULL for garbage
-- @column path           text    -          field or element that the address lies in; '' for all of the value; NULL for padding, what is behind the value, and when not known
-- @column path_type      text    types.name type of that field or element
WITH RECURSIVE span AS (
  SELECT * FROM spans WHERE address <= :address ORDER BY address DESC LIMIT 1
),
found AS (
  SELECT
    o.id, o.address, o.type_id, t.name AS type, t.size AS type_size, o.length, o.size, o.reachable,
    o.retained_size, o.distance, :address - o.address AS offset
  FROM span s
  JOIN objects o
    ON o.id BETWEEN s.first_object_id AND s.first_object_id + s.allocated - 1
  LEFT JOIN types t ON t.id = o.type_id
  WHERE :address >= o.address - s.header_size
    AND :address < o.address - s.header_size + o.size
),
step (type_id, rest, path, n) AS (
  SELECT
    type_id, offset % type_size,
    CASE WHEN length > 1 THEN '[' || (offset / type_size) || ']' ELSE '' END, 0
  FROM found
  WHERE offset >= 0 AND offset < length * type_size
  UNION ALL
  SELECT
    COALESCE(f.field_type_id, a.element_id),
    CASE WHEN f.type_id IS NOT NULL THEN step.rest - f.offset ELSE step.rest % b.size END,
    step.path || CASE
      WHEN f.type_id IS NOT NULL THEN '.' || f.name
      ELSE '[' || (step.rest / b.size) || ']'
    END,
    step.n + 1
  FROM step
  LEFT JOIN fields f ON f.type_id = step.type_id AND f.position = (
    SELECT g.position FROM fields g
    WHERE g.type_id = step.type_id AND g.offset <= step.rest
    ORDER BY g.offset DESC, g.position DESC LIMIT 1
  )
  LEFT JOIN types a ON a.id = step.type_id AND a.kind = 'array' AND step.rest < a.size
  LEFT JOIN types b ON b.id = a.element_id AND b.size > 0
  WHERE f.type_id IS NOT NULL OR b.id IS NOT NULL
),
leaf AS (
  SELECT step.path, l.name, l.size, step.rest
  FROM step
  JOIN types l ON l.id = step.type_id
  ORDER BY step.n DESC
  LIMIT 1
)
SELECT
  o.id, o.address, o.type, o.length, o.size, o.reachable, o.retained_size, o.distance,
  CASE WHEN leaf.rest < leaf.size THEN leaf.path END AS path,
  CASE WHEN leaf.rest < leaf.size THEN leaf.name END AS path_type
FROM found o
LEFT JOIN leaf;
