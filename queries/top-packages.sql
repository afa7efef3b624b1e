-- top-packages: Packages by the memory that they keep
--
-- Every reachable object counts once: for the package of its type or, when that is of the standard library or names
-- none, for the package of its nearest dominator that is not. So the bytes of a string belong to who keeps the string.
-- @param  limit integer = 50            packages to return
-- @column package    text    -          import path; (standard library) when there is none but that up to the root
-- @column module     text    modules.path module of the package, with its version; NULL for none
-- @column objects    integer count      reachable objects
-- @column bytes      integer bytes      their slot bytes
-- @column share      real    percent    of all reachable bytes
-- @column cumulative real    percent    this row and those before it
-- @chart  bar package bytes
SELECT
  COALESCE(o.package, '(standard library)') AS package,
  m.path || COALESCE(' ' || m.version, '') AS module,
  o.objects,
  o.bytes,
  100.0 * o.bytes
    / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  100.0 * SUM(o.bytes) OVER (ORDER BY o.id ROWS UNBOUNDED PRECEDING)
    / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS cumulative
FROM package_owners o
LEFT JOIN modules m ON m.id = o.module_id
ORDER BY o.id
LIMIT :limit;
