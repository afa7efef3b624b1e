-- garbage: Unreachable objects by type
--
-- What the program has dropped and the collector not yet freed, most bytes first. What the last collection found dead is
-- only not swept yet; the rest has become garbage since, or is of a collection under way. Where metadata.reachability is
-- incomplete, only the former is known to be garbage.
-- @param  limit integer = 50                 types to return
-- @column type            text    types.name Go type, or (unknown)
-- @column objects         integer count      unreachable objects
-- @column bytes           integer bytes      their slot bytes
-- @column share           real    percent    of all garbage
-- @column new_objects     integer count      of these, garbage since the last collection
-- @column new_bytes       integer bytes      their slot bytes
-- @column unswept_objects integer count      the others: found dead by the last collection, and not yet swept
-- @column unswept_bytes   integer bytes      their slot bytes
-- @chart  bar type bytes
SELECT
  COALESCE(t.name, '(unknown)') AS type,
  g.objects,
  g.bytes,
  100.0 * g.bytes / NULLIF(SUM(g.bytes) OVER (), 0) AS share,
  g.objects - g.unswept_objects AS new_objects,
  g.bytes - g.unswept_bytes AS new_bytes,
  g.unswept_objects,
  g.unswept_bytes
FROM garbage_totals g
LEFT JOIN types t ON t.id = g.type_id
ORDER BY g.bytes DESC, g.id
LIMIT :limit;
