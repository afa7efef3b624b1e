-- pinned-holders: Fields whose small slices and strings keep large arrays
--
-- Pinned arrays (see pinned-arrays) by what holds them: the same field of objects of the same type, or the same variable,
-- those first where copies of what is shown would save most.
-- @param  limit integer = 50           rows to return
-- @column holder      text    nodes.label?   type of the holders, or name of the variable; NULL when not known
-- @column field       text    ?          field that points at the array, of the holder of the example; NULL when not known
-- @column arrays      integer count      pinned arrays
-- @column size        integer bytes      their slots
-- @column shown_size  integer bytes      of them that slices, strings and pointers show
-- @column saved_size  integer bytes      slot bytes that copies would save
-- @column example_id  integer node       the array where a copy saves most
-- @column example     text    nodes.label    its type
-- @scan   pinned_totals     until the limit is reached
-- @chart  bar holder saved_size
WITH
totals AS MATERIALIZED (
  SELECT * FROM pinned_totals ORDER BY id LIMIT :limit
)
SELECT
  COALESCE((SELECT t.name FROM types t WHERE t.id = p.holder_type_id), h.label) AS holder,
  COALESCE(
    (
      SELECT e.path FROM pointers e
      WHERE e.source_id = o.parent_id AND e.target_id = o.id
      ORDER BY e.offset LIMIT 1
    ),
    (
      SELECT e.path FROM root_pointers e
      WHERE e.root_id = o.parent_id AND e.target_id = o.id
      ORDER BY e.offset LIMIT 1
    )
  ) AS field,
  p.arrays,
  p.size,
  p.shown_size,
  p.saved_size,
  p.example_id,
  n.label AS example
FROM totals p
CROSS JOIN objects o ON o.id = p.example_id
JOIN nodes n ON n.id = o.id
JOIN nodes h ON h.id = o.parent_id
ORDER BY p.saved_size DESC, p.example_id;
