-- duplicate-arrays: Equal arrays that lie in memory more than once
--
-- One row per contents that several arrays without pointers hold, those first whose copies cost most. Only reachable
-- arrays count, and of each the bytes from the first that slices or pointers show to the last. Those that strings show
-- are in duplicate-strings.
-- @param  limit integer = 50           contents to return
-- @param  min   integer = 2            copies that there have to be
-- @column type         text    types.name of the arrays, or of their elements
-- @column length       integer bytes      of one copy
-- @column copies       integer count      arrays
-- @column wasted_bytes integer bytes      slots of all of them but the largest
-- @column object_id    integer node       first of the arrays
-- @column holder       text    nodes.label    what holds that one, on a shortest path from a root
-- @scan   duplicate_arrays  until the limit is reached; all when fewer contents have min copies
-- @chart  bar type wasted_bytes
SELECT
  t.name AS type,
  d.length,
  d.copies,
  d.wasted_bytes,
  d.object_id,
  (
    SELECT h.label
    FROM objects o
    JOIN nodes h ON h.id = o.parent_id
    WHERE o.id = d.object_id
  ) AS holder
FROM duplicate_arrays d
JOIN types t ON t.id = d.type_id
WHERE d.copies >= :min
ORDER BY d.id
LIMIT :limit;
