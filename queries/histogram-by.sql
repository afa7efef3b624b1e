-- histogram-by: Objects by package, module, kind of type or size class
--
-- One row per group that has objects, heaviest first. An object belongs to the package of its type or, of an unnamed type
-- such as map[string]*main.Session, to that of the first named type in it. Who keeps objects alive is another
-- question: see top-packages and top-modules.
-- @param  by    text = package {package|module|kind|size class}  what the objects of a group have in common
-- @param  limit integer = 50                groups to return
-- @param  sort  text = reachable_bytes {objects|bytes|reachable_objects|reachable_bytes|dominated_size}  column to sort by
-- @param  filter text = ''                  only groups whose name contains this; letters of either case
-- @column name              text    -       import path, module and version (std: the standard library), kind or slot bytes; (none) for objects without, as those of unknown type
-- @column objects           integer count   objects, garbage included
-- @column bytes             integer bytes   their slot bytes, padding included
-- @column reachable_objects integer count   objects that a root reaches
-- @column reachable_bytes   integer bytes   their slot bytes
-- @column share             real    percent of all reachable bytes
-- @column cumulative        real    percent this row and those before it, of all reachable bytes
-- @column dominated_size    integer bytes   reachable bytes that an object of the group dominates, these objects included
-- @chart  bar name reachable_bytes
WITH
chosen AS (
  SELECT
    COALESCE(name, '(none)') AS name,
    objects,
    bytes,
    reachable_objects,
    reachable_bytes,
    dominated_size,
    CASE :sort
      WHEN 'objects' THEN objects
      WHEN 'bytes' THEN bytes
      WHEN 'reachable_objects' THEN reachable_objects
      WHEN 'dominated_size' THEN dominated_size
      ELSE reachable_bytes
    END AS weight
  FROM group_totals
  WHERE grouping = :by
    AND (:filter = '' OR instr(lower(COALESCE(name, '(none)')), lower(:filter)) > 0)
)
SELECT
  name,
  objects,
  bytes,
  reachable_objects,
  reachable_bytes,
  100.0 * reachable_bytes
    / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS share,
  100.0 * SUM(reachable_bytes) OVER (
    ORDER BY weight DESC, name ROWS UNBOUNDED PRECEDING
  ) / NULLIF((SELECT SUM(reachable_bytes) FROM type_totals), 0) AS cumulative,
  dominated_size
FROM chosen
ORDER BY weight DESC, name
LIMIT :limit;
