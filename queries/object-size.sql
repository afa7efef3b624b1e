-- object-size: What the slot of an object is taken up by
--
-- slot size = header + used + padding. Elements of an array count as used, also those that a slice does not show.
-- @param  id    integer                object
-- @column id             integer node       object
-- @column address        integer address    where pointers to it point
-- @column type           text    types.name? Go type; NULL when not known
-- @column type_size      integer bytes?     bytes of one value of the type; NULL when not known
-- @column length         integer count?     consecutive values of the type; NULL when the type is not known
-- @column slot_size      integer bytes      bytes of the slot: shallow size
-- @column header_size    integer bytes      malloc header before the object
-- @column used_size      integer bytes?     length times type size; NULL when the type is not known
-- @column padding        integer bytes?     bytes of the slot behind the values; NULL when the type is not known
-- @column span_id        integer -          span that the slot is in
-- @column span_size      integer bytes      bytes of the span
-- @column slots          integer count      slots of the span
-- @column free_slots     integer count      slots of it without an object
-- @column tail_waste     integer bytes      bytes behind its last slot
SELECT
  o.id,
  o.address,
  t.name AS type,
  t.size AS type_size,
  o.length,
  o.size AS slot_size,
  z.header_size,
  z.used_size,
  z.padding,
  o.span_id,
  s.size AS span_size,
  sp.slots,
  s.free_slots,
  s.tail_waste
FROM objects o
JOIN object_sizes z ON z.id = o.id
JOIN spans sp ON sp.id = o.span_id
JOIN span_sizes s ON s.id = o.span_id
LEFT JOIN types t ON t.id = o.type_id
WHERE o.id = :id;
