-- histogram: Objects by type
--
-- One row per Go type that has objects, heaviest first, and one called (unknown) for objects whose type is not known.
-- What is reachable would survive a garbage collection; the rest of objects and bytes is garbage.
-- @param  limit integer = 50                types to return
-- @param  sort  text = reachable_bytes      column to sort by: objects, bytes, reachable_objects, reachable_bytes, max_retained_size
-- @column type              text    types.name Go type, or (unknown)
-- @column objects           integer count      objects, garbage included
-- @column bytes             integer bytes      their slot bytes, padding included
-- @column reachable_objects integer count      objects that a root reaches
-- @column reachable_bytes   integer bytes      their slot bytes
-- @column share             real    percent    of all reachable bytes
-- @column max_retained_size integer bytes      retained by the one object of the type that retains most
-- @chart  bar type reachable_bytes
SELECT
  type,
  objects,
  bytes,
  reachable_objects,
  reachable_bytes,
  100.0 * reachable_bytes
    / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  max_retained_size
FROM histogram
ORDER BY
  CASE :sort
    WHEN 'objects' THEN objects
    WHEN 'bytes' THEN bytes
    WHEN 'reachable_objects' THEN reachable_objects
    WHEN 'max_retained_size' THEN max_retained_size
    ELSE reachable_bytes
  END DESC,
  type
LIMIT :limit;
