-- top-objects: Objects by retained size
--
-- The objects that hold most memory: what would become garbage with this one object.
-- @param  limit integer = 50            objects to return
-- @column id             integer node       object
-- @column address        integer address    where pointers to it point
-- @column type           text    types.name Go type; NULL when not known
-- @column length         integer count      consecutive elements of the type
-- @column size           integer bytes      slot bytes of the object itself
-- @column retained_size  integer bytes      bytes that it alone keeps alive, itself included
-- @column retained_count integer count      objects that it alone keeps alive, itself included
-- @column distance       integer count      pointers from the nearest root
-- @chart  bar type retained_size
-- @scan   objects  by index, those that retain most first, until the limit is reached
WITH biggest AS (
  SELECT id, address, type_id, length, size, retained_size, retained_count, distance
  FROM objects
  WHERE retained_size IS NOT NULL
  ORDER BY retained_size DESC, id DESC
  LIMIT :limit
)
SELECT
  b.id, b.address, t.name AS type, b.length, b.size, b.retained_size, b.retained_count, b.distance
FROM biggest b
LEFT JOIN types t ON t.id = b.type_id
ORDER BY b.retained_size DESC, b.id DESC;
