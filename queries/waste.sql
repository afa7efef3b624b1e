-- waste: Memory that serves no purpose, by the way in which it does not
--
-- Ways overlap: an array that another one equals can have spare elements. Only reachable objects count, but for garbage,
-- free slots and span ends. Shares are of the bytes of all spans of objects.
-- @column kind          text    waste_kinds.kind  way in which bytes serve no purpose
-- @column bytes         integer bytes      such bytes
-- @column share         real    percent    of the spans of objects
-- @column objects       integer count      objects that have such bytes; values for struct padding, contents for duplicates, slots or spans for the last two
-- @column unknown_bytes integer bytes      slots of objects of which it is not known
-- @column worst_type    text    types.name type with most such bytes; NULL: not known, or what has none
-- @column worst_bytes   integer bytes      of that type
-- @column more          text    -          bundled query that shows more
-- @column note          text    -          what it is, and what helps
-- @scan   waste_totals     all: some rows a type
-- @scan   waste_kinds      all: a dozen
-- @chart  bar kind bytes
WITH
sums (kind, bytes, objects, unknown_bytes) AS MATERIALIZED (
  SELECT kind, SUM(bytes), SUM(objects), SUM(unknown_bytes)
  FROM waste_totals
  GROUP BY kind
),
worst (kind, type_id, bytes) AS MATERIALIZED (
  SELECT kind, type_id, MAX(bytes)
  FROM waste_totals
  GROUP BY kind
),
heap (bytes) AS MATERIALIZED (
  SELECT bytes FROM memory_account WHERE key = 'heap.in-use'
)
SELECT
  k.kind,
  COALESCE(s.bytes, 0) AS bytes,
  100.0 * COALESCE(s.bytes, 0) / NULLIF((SELECT bytes FROM heap), 0) AS share,
  COALESCE(s.objects, 0) AS objects,
  COALESCE(s.unknown_bytes, 0) AS unknown_bytes,
  t.name AS worst_type,
  COALESCE(w.bytes, 0) AS worst_bytes,
  k.query AS more,
  k.note
FROM waste_kinds k
LEFT JOIN sums s ON s.kind = k.kind
LEFT JOIN worst w ON w.kind = k.kind AND w.bytes > 0
LEFT JOIN types t ON t.id = w.type_id
ORDER BY bytes DESC, k.id;
