-- object-at: The object at an address
--
-- The object whose slot holds an address; no row when no object does.
-- @param  address integer               any address in the slot, 0x... too
-- @column id             integer node       object
-- @column address        integer address    where pointers to it point
-- @column type           text    types.name Go type; NULL when not known
-- @column length         integer count      consecutive elements of the type
-- @column size           integer bytes      slot bytes
-- @column reachable      integer -          0 for garbage, NULL when not known
-- @column retained_size  integer bytes      bytes that it alone keeps alive; NULL for garbage
-- @column distance       integer count      pointers from the nearest root; NULL for garbage
WITH span AS (
  SELECT * FROM spans WHERE address <= :address ORDER BY address DESC LIMIT 1
)
SELECT o.id, o.address, t.name AS type, o.length, o.size, o.reachable, o.retained_size, o.distance
FROM span s
JOIN objects o
  ON o.id BETWEEN s.first_object_id AND s.first_object_id + s.allocated - 1
LEFT JOIN types t ON t.id = o.type_id
WHERE :address >= o.address - s.header_size
  AND :address < o.address - s.header_size + o.size;
