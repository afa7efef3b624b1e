-- waste-types: Types whose objects have bytes that serve no purpose
--
-- One row per type, the worst first: spare elements of slices, empty slots of maps and channels, rounding to size classes,
-- or another kind of waste that is a part of the slots of reachable objects. The other kinds have queries of their own: see
-- the column more of waste.
-- @param  kind  text    = 'spare elements' {spare elements|pinned arrays|map slots|channel slots|rounding|malloc headers|tiny blocks|duplicate arrays}  way in which they serve none
-- @param  limit integer = 50                types to return
-- @column type            text    types.name? Go type; NULL when not known
-- @column bytes           integer bytes      that serve no purpose
-- @column share           real    percent    of the slots of all reachable objects of the type
-- @column objects         integer count      objects that have such bytes
-- @column unknown_objects integer count      objects of which it is not known
-- @column unknown_bytes   integer bytes      their slot bytes
-- @chart  bar type bytes
SELECT
  t.name AS type,
  w.bytes,
  100.0 * w.bytes / NULLIF(s.reachable_bytes, 0) AS share,
  w.objects,
  w.unknown_objects,
  w.unknown_bytes
FROM waste_totals w
LEFT JOIN types t ON t.id = w.type_id
-- Of the other kinds the bytes are not those of slots of the type.
LEFT JOIN type_totals s
  ON s.id = COALESCE(w.type_id, 0)
  AND w.kind NOT IN ('struct padding', 'duplicate strings', 'garbage', 'free slots', 'span ends')
WHERE w.kind = :kind
ORDER BY w.bytes DESC, w.unknown_bytes DESC, w.id
LIMIT :limit;
