-- top-roots: Roots by retained size
--
-- The variables, goroutines and runtime structures that hold most memory: what would become garbage if this one root
-- were gone. Memory that several roots hold counts for none of them. Locals count for their frame, frames for their
-- goroutine.
-- @param  limit integer = 50            roots to return
-- @column id             integer node       root
-- @column kind           text    roots.kind global, goroutine, ...
-- @column name           text    roots.name variable or goroutine
-- @column type           text    types.name type of the variable; NULL when not known
-- @column retained_size  integer bytes      bytes that it alone keeps alive
-- @column share          real    percent    of all reachable bytes
-- @column retained_count integer count      objects that it alone keeps alive
-- @chart  bar name retained_size
SELECT
  r.id,
  r.kind,
  r.name,
  t.name AS type,
  r.retained_size,
  100.0 * r.retained_size
    / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  r.retained_count
FROM roots r
LEFT JOIN types t ON t.id = r.type_id
WHERE r.parent_id IS NULL
ORDER BY r.retained_size DESC, r.id DESC
LIMIT :limit;
