-- refs-in: What points at an object
--
-- Inbound references: one row per pointer word, those of objects before those of variables, those of garbage last: only
-- a pointer of something reachable keeps the object alive.
-- @param  id    integer                object
-- @param  limit integer = 100          pointers to return
-- @column id            integer node        object or root that points
-- @column kind          text    nodes.kind  object, or the kind of root
-- @column label         text    nodes.label type of an object, kind and name of a root
-- @column field         text    ?           field that holds the pointer, '' for the whole; NULL when not known
-- @column offset        integer -           bytes from the holder's address to the pointer word
-- @column target_offset integer -           bytes from the object's address to where it points
-- @column is_bridge     integer -           1: setting this pointer alone to nil would make the object garbage
-- @column reachable     integer -           0: the holder is garbage itself; NULL: that is not known
-- @column retained_size integer bytes       bytes that the holder alone keeps alive; NULL unless reachable is 1
WITH
inbound AS (
  SELECT * FROM (
    SELECT e.source_id, e.offset, e.target_offset, e.is_bridge
    FROM edges e
    CROSS JOIN objects o ON o.id = e.source_id
    WHERE e.target_id = :id
      AND o.reachable IS NOT 0
    ORDER BY e.source_id, e.offset
    LIMIT :limit
  )
  UNION ALL
  SELECT * FROM (
    SELECT root_id, offset, target_offset, is_bridge
    FROM root_edges
    WHERE target_id = :id
    ORDER BY root_id, offset
    LIMIT :limit
  )
  UNION ALL
  SELECT * FROM (
    SELECT e.source_id, e.offset, e.target_offset, e.is_bridge
    FROM edges e
    CROSS JOIN objects o ON o.id = e.source_id
    WHERE e.target_id = :id
      AND o.reachable = 0
    ORDER BY e.source_id, e.offset
    LIMIT :limit
  )
  LIMIT :limit
)
SELECT
  n.id,
  n.kind,
  n.label,
  COALESCE(
    (
      SELECT p.path FROM pointers p
      WHERE p.source_id = i.source_id
        AND p.offset = i.offset
    ),
    (
      SELECT p.path FROM root_pointers p
      WHERE p.root_id = i.source_id
        AND p.offset = i.offset
        AND p.target_id = :id
    )
  ) AS field,
  i.offset,
  i.target_offset,
  i.is_bridge,
  n.reachable,
  n.retained_size
FROM inbound i
JOIN nodes n ON n.id = i.source_id
ORDER BY n.reachable DESC, n.id, i.offset;
