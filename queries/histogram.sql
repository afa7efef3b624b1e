-- histogram: Objects by type
--
-- One row per Go type that has objects, heaviest first, and one called (unknown) for objects whose type is not known.
-- What is reachable would survive a garbage collection; the rest of objects and bytes is garbage. What a type dominates
-- becomes garbage with its objects at least; `goheap retained --type` gives all that would.
-- @param  limit integer = 50                types to return
-- @param  sort  text = reachable_bytes {objects|bytes|reachable_objects|reachable_bytes|dominated_size|max_retained_size}  column to sort by
-- @param  filter text = ''                  only types whose name contains this; letters of either case
-- @column type              text    types.name Go type, or (unknown)
-- @column objects           integer count      objects, garbage included
-- @column bytes             integer bytes      their slot bytes, padding included
-- @column reachable_objects integer count      objects that a root reaches
-- @column reachable_bytes   integer bytes      their slot bytes
-- @column share             real    percent    of all reachable bytes
-- @column cumulative        real    percent    this row and those before it, of all reachable bytes
-- @column dominated_size    integer bytes      reachable bytes that an object of the type dominates, these objects included
-- @column max_retained_size integer bytes      retained by the one object of the type that retains most; NULL when none is reachable
-- @chart  bar type reachable_bytes
WITH
chosen AS (
  SELECT
    h.*,
    g.dominated_size,
    CASE :sort
      WHEN 'objects' THEN h.objects
      WHEN 'bytes' THEN h.bytes
      WHEN 'reachable_objects' THEN h.reachable_objects
      WHEN 'dominated_size' THEN g.dominated_size
      WHEN 'max_retained_size' THEN h.max_retained_size
      ELSE h.reachable_bytes
    END AS weight
  FROM histogram h
  JOIN group_totals g
    ON g.grouping = 'type'
    AND g.name IS CASE WHEN h.type_id IS NOT NULL THEN h.type END
  WHERE :filter = ''
    OR instr(lower(h.type), lower(:filter)) > 0
)
SELECT
  type,
  objects,
  bytes,
  reachable_objects,
  reachable_bytes,
  100.0 * reachable_bytes
    / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  100.0 * SUM(reachable_bytes) OVER (
    ORDER BY weight DESC, type ROWS UNBOUNDED PRECEDING
  ) / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS cumulative,
  dominated_size,
  max_retained_size
FROM chosen
ORDER BY weight DESC, type
LIMIT :limit;
