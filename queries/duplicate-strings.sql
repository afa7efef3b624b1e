-- duplicate-strings: Equal strings that lie in memory more than once
--
-- One row per contents that several objects hold, those first whose copies cost most. Only reachable objects count.
-- Strings are equal when their lengths and 63-bit hashes are. Text is there when the index was made with --strings.
-- @param  limit integer = 50               contents to return
-- @param  min   integer = 2                copies that there have to be
-- @column value        text    -          the text, up to 200 characters; NULL without --strings
-- @column length       integer bytes      of one copy
-- @column copies       integer count      objects, or places in slots that small strings share
-- @column bytes        integer bytes      length of all copies
-- @column wasted_bytes integer bytes      of all copies but one
-- @column object_id    integer node       first of the objects
-- @chart  bar object_id wasted_bytes
-- @scan   duplicate_strings  until the limit is reached; all when fewer contents have min copies
SELECT
  SUBSTR(s.value, 1, 200) AS value,
  d.length,
  d.copies,
  d.copies * d.length AS bytes,
  d.wasted_bytes,
  d.object_id
FROM duplicate_strings d
CROSS JOIN strings s ON s.object_id = d.object_id AND s.offset = d.offset
WHERE d.copies >= :min
ORDER BY d.id
LIMIT :limit;
