-- memory: Where the memory of the process is
--
-- A tree: the parts of each row add up to it, and what could not be attributed is a row. Address space that is only
-- reserved stands apart: it has no memory behind it, so shares are of what can be used.
-- @param  depth integer = 20            levels to show
-- @param  all   integer = 0             1: rows of 0 bytes as well
-- @column memory       text    memory_account.name  indented by level
-- @column bytes        integer bytes      NULL when not known
-- @column share        real    percent    of the memory that can be used; NULL for reserved address space
-- @column parent_share real    percent    of the row that it is a part of
-- @column key          text    memory_account.key   stable name
-- @column note         text    -          what it is; the field of runtime.MemStats that counts the same
WITH RECURSIVE tree (id, parent_id, level, is_usable, place) AS (
  SELECT id, parent_id, 0, 0, printf('%08d', id)
  FROM memory_account
  WHERE parent_id IS NULL
  UNION ALL
  SELECT
    a.id,
    a.parent_id,
    tree.level + 1,
    tree.is_usable OR a.key = 'memory',
    tree.place || printf('/%08d', a.id)
  FROM tree
  JOIN memory_account a ON a.parent_id = tree.id
  WHERE tree.level < :depth
)
SELECT
  printf('%*s', 2 * tree.level, '') || a.name AS memory,
  a.bytes,
  CASE
    WHEN tree.is_usable THEN 100.0 * a.bytes
      / NULLIF((SELECT bytes FROM memory_account WHERE key = 'memory'), 0)
  END AS share,
  100.0 * a.bytes / NULLIF(p.bytes, 0) AS parent_share,
  a.key,
  a.note
FROM tree
JOIN memory_account a ON a.id = tree.id
LEFT JOIN memory_account p ON p.id = a.parent_id
WHERE a.bytes IS NULL
  OR a.bytes <> 0
  OR :all
ORDER BY tree.place;
