-- top-modules: Modules by the memory that they keep
--
-- Packages of top-packages by their modules: the program's own and those that it uses, each with its version. Every
-- reachable object counts once.
-- @param  limit integer = 50            modules to return
-- @column module     text    modules.path module; (standard library), or (no module) for packages that are in none
-- @column version    text    modules.version NULL when not recorded
-- @column packages   integer count      packages of it that keep anything; NULL for the standard library, which is counted as one
-- @column objects    integer count      reachable objects
-- @column bytes      integer bytes      their slot bytes
-- @column share      real    percent    of all reachable bytes
-- @column cumulative real    percent    this row and those before it
-- @chart  bar module bytes
WITH owners AS (
  SELECT
    CASE
      WHEN o.package IS NULL THEN '(standard library)'
      ELSE COALESCE(m.path, '(no module)')
    END AS module,
    m.version,
    -- All of the standard library is one row.
    NULLIF(COUNT(o.package), 0) AS packages,
    SUM(o.objects) AS objects,
    SUM(o.bytes) AS bytes
  FROM package_owners o
  LEFT JOIN modules m ON m.id = o.module_id
  GROUP BY 1, 2
)
SELECT
  module,
  version,
  packages,
  objects,
  bytes,
  100.0 * bytes
    / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  100.0 * SUM(bytes) OVER (
    ORDER BY bytes DESC, module, version ROWS UNBOUNDED PRECEDING
  ) / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS cumulative
FROM owners
ORDER BY bytes DESC, module, version
LIMIT :limit;
