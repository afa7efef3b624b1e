-- refs-out: What an object or a variable points at
--
-- Outbound references: one row per pointer word, in order of their place.
-- @param  id    integer                object or root
-- @param  limit integer = 100          pointers to return
-- @column offset        integer -           bytes from the node's address to the pointer word
-- @column field         text    ?           field that holds the pointer, '' for the whole; NULL when not known
-- @column id            integer node        object that it points into
-- @column label         text    nodes.label its type
-- @column target_offset integer -           bytes from that object's address to where it points
-- @column is_bridge     integer -           1: setting this pointer alone to nil would make that object garbage
-- @column size          integer bytes       slot bytes of that object
-- @column retained_size integer bytes       bytes that it alone keeps alive; NULL for garbage
WITH
outbound AS (
  SELECT offset, path, target_id, target_offset, is_bridge
  FROM pointers
  WHERE source_id = :id
  UNION ALL
  SELECT offset, path, target_id, target_offset, is_bridge
  FROM root_pointers
  WHERE root_id = :id
  ORDER BY offset
  LIMIT :limit
)
SELECT
  o.offset,
  o.path AS field,
  n.id,
  n.label,
  o.target_offset,
  o.is_bridge,
  n.size,
  n.retained_size
FROM outbound o
JOIN nodes n ON n.id = o.target_id
ORDER BY o.offset, n.id;
