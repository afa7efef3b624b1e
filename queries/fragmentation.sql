-- fragmentation: Spans by size class, and what of them no object uses
--
-- One row per size of slots, those first that lose most: free slots in spans that cannot be given back while one slot of
-- them is in use, and what is left behind the last slot. Objects over 32768 bytes have a span each, and are one row.
-- @param  limit integer = 100              sizes to return
-- @column class_size integer bytes?        bytes of a slot; NULL for the row of all over 32768
-- @column spans      integer count         spans of such slots
-- @column bytes      integer bytes         their bytes
-- @column slots      integer count         slots in them
-- @column allocated  integer count         slots with an object, garbage included
-- @column free_slots integer count         slots without
-- @column free_bytes integer bytes         their bytes
-- @column tail_waste integer bytes         bytes behind the last slots
-- @column lost_bytes integer bytes         free slots and tails
-- @column used_share real    percent       slots with an object, of all
-- @column sparse     integer count         spans of which at most a quarter of the slots is in use
-- @chart  bar class_size lost_bytes
-- @scan   spans  all: a heap has far fewer spans than objects
SELECT
  CASE WHEN class_size <= 32768 THEN class_size END AS class_size,
  COUNT(*) AS spans,
  SUM(pages) * 8192 AS bytes,
  SUM(slots) AS slots,
  SUM(allocated) AS allocated,
  SUM(slots - allocated) AS free_slots,
  SUM((slots - allocated) * class_size) AS free_bytes,
  SUM(tail_waste) AS tail_waste,
  SUM((slots - allocated) * class_size + tail_waste) AS lost_bytes,
  100.0 * SUM(allocated) / NULLIF(SUM(slots), 0) AS used_share,
  SUM(4 * allocated <= slots) AS sparse
FROM spans
WHERE class_size IS NOT NULL
GROUP BY CASE WHEN class_size <= 32768 THEN class_size END
ORDER BY lost_bytes DESC, class_size
LIMIT :limit;
