-- padding: Structs whose fields leave bytes unused
--
-- Struct types with bytes between or after their fields, those first where a better order of the fields would save most.
-- Values of a type count wherever they are: alone, in arrays, as fields of others. Size classes can leave less to be saved.
-- @param  limit integer = 50               types to return
-- @param  min   integer = 1                bytes of padding that there have to be, in all values together
-- @column type          text    types.name struct type
-- @column size          integer bytes      of one value
-- @column best_size     integer bytes      of one value with its fields in the better order
-- @column gap_bytes     integer bytes      between the fields of one value
-- @column tail_bytes    integer bytes      after its last field
-- @column live_values   integer count      values in reachable objects
-- @column padding_bytes integer bytes      of all of them
-- @column saved_bytes   integer bytes      that the better order would save
-- @column better_order  text    -          fields by alignment, largest first; NULL when that saves nothing
-- @chart  bar type saved_bytes
SELECT
  t.name AS type,
  t.size,
  p.best_size,
  p.gap_bytes,
  p.tail_bytes,
  p.live_values,
  p.padding_bytes,
  p.saved_bytes,
  f.fields AS better_order
FROM type_padding p
JOIN types t ON t.id = p.type_id
LEFT JOIN field_orders f ON f.type_id = p.type_id
WHERE p.padding_bytes >= :min
ORDER BY p.saved_bytes DESC, p.padding_bytes DESC, p.type_id
LIMIT :limit;
