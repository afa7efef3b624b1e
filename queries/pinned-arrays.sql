-- pinned-arrays: Large arrays that a small part keeps
--
-- Arrays of which live slices, strings and pointers show half or less, those first where a copy of what is shown would
-- save most.
-- @param  limit integer = 50           arrays to return
-- @column id           integer node       the array
-- @column type         text    nodes.label    its type
-- @column size         integer bytes      its slot
-- @column shown_size   integer bytes      from the first byte that is shown to the last
-- @column shown_offset integer bytes      from its address to the first
-- @column saved_size   integer bytes      slot bytes that a copy would save
-- @column holders      integer count      pointers to it
-- @column holder_id    integer node       one that points at it, on a shortest path from a root
-- @column holder       text    nodes.label    its type or name
-- @column field        text    ?          field that points at the array; NULL when not known
-- @scan   pinned_arrays     until the limit is reached
-- @chart  bar id saved_size
WITH
pinned AS MATERIALIZED (
  SELECT * FROM pinned_arrays ORDER BY saved_size DESC, object_id DESC LIMIT :limit
)
SELECT
  p.object_id AS id,
  n.label AS type,
  o.size,
  p.shown_size,
  p.shown_offset,
  p.saved_size,
  (SELECT COUNT(*) FROM edges e WHERE e.target_id = p.object_id)
    + (SELECT COUNT(*) FROM root_edges e WHERE e.target_id = p.object_id) AS holders,
  o.parent_id AS holder_id,
  h.label AS holder,
  COALESCE(
    (
      SELECT e.path FROM pointers e
      WHERE e.source_id = o.parent_id AND e.target_id = p.object_id
      ORDER BY e.offset LIMIT 1
    ),
    (
      SELECT e.path FROM root_pointers e
      WHERE e.root_id = o.parent_id AND e.target_id = p.object_id
      ORDER BY e.offset LIMIT 1
    )
  ) AS field
FROM pinned p
CROSS JOIN objects o ON o.id = p.object_id
JOIN nodes n ON n.id = o.id
JOIN nodes h ON h.id = o.parent_id
ORDER BY p.saved_size DESC, p.object_id DESC;
