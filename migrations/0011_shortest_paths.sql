-- A path as one text.

-- The hundred nodes nearest to the object are named: a list of a million elements is a path of a million nodes.
CREATE VIEW shortest_paths (
  -- A shortest path from a root to each node in words: main.cache.byKey > map[string]*main.Entry > main.Entry. Of a local
  -- or argument the goroutine and the frame come first. Ask for single ids, as each path is walked when it is read.
  id,  -- object or root
  path -- nodes from the root on, each with the field that points at the next one; NULL for garbage
) AS
SELECT
  n.id,
  (
    WITH RECURSIVE step (id, above_id, path, n) AS (
      SELECT n.id, n.parent_id, n.label, 0
      WHERE n.reachable
      UNION ALL
      SELECT
        step.above_id,
        COALESCE(
          (SELECT o.parent_id FROM objects o WHERE o.id = step.above_id),
          (SELECT r.parent_id FROM roots r WHERE r.id = step.above_id)
        ),
        CASE
          WHEN step.n >= 100 THEN step.path
          ELSE (SELECT a.label FROM nodes a WHERE a.id = step.above_id)
            || COALESCE(
              (
                SELECT e.path FROM pointers e
                WHERE e.source_id = step.above_id AND e.target_id = step.id
                ORDER BY e."offset" LIMIT 1
              ),
              (
                SELECT e.path FROM root_pointers e
                WHERE e.root_id = step.above_id AND e.target_id = step.id
                ORDER BY e."offset" LIMIT 1
              ),
              ''
            ) || ' > ' || step.path
        END,
        step.n + 1
      FROM step
      WHERE step.above_id IS NOT NULL
    )
    SELECT
      CASE
        WHEN step.n > 100
          THEN (SELECT a.label FROM nodes a WHERE a.id = step.id)
            || CASE WHEN step.n > 101 THEN ' > (' || (step.n - 101) || ' more)' ELSE '' END || ' > ' || step.path
        ELSE step.path
      END
    FROM step ORDER BY step.n DESC LIMIT 1
  )
FROM nodes n;
