-- gc: How the collector is set and does, with remarks
--
-- GOGC and GOMEMLIMIT as they were in the process, the figures by which the collector begins, and what follows from them.
-- Figures that the core does not hold are left out.
-- @column figure text    -          what it is
-- @column value  real    -          NULL when not set
-- @column unit   text    -          bytes, percent, count or nanoseconds
-- @column remark text    -          what follows from it; NULL: nothing to be said
WITH
figures AS MATERIALIZED (
  SELECT
    MAX(CASE key WHEN 'gc_percent' THEN value END) AS percent,
    MAX(CASE key WHEN 'gc_memory_limit' THEN value END) AS memory_limit,
    MAX(CASE key WHEN 'gc_heap_minimum' THEN value END) AS heap_minimum,
    MAX(CASE key WHEN 'gc_heap_live' THEN value END) AS heap_live,
    MAX(CASE key WHEN 'gc_heap_marked' THEN value END) AS heap_marked,
    MAX(CASE key WHEN 'gc_percent_goal' THEN value END) AS goal,
    MAX(CASE key WHEN 'gc_stack_scan' THEN value END) AS stacks,
    MAX(CASE key WHEN 'gc_globals_scan' THEN value END) AS globals,
    MAX(CASE key WHEN 'gc_mapped_ready' THEN value END) AS ready,
    MAX(CASE key WHEN 'gc_cycles' THEN value END) AS cycles,
    MAX(CASE key WHEN 'gc_forced_cycles' THEN value END) AS forced,
    MAX(CASE key WHEN 'gc_pause_total_ns' THEN value END) AS pauses,
    CAST(MAX(CASE key WHEN 'gc_cpu_fraction' THEN value END) AS REAL) AS cpu,
    (SELECT bytes FROM memory_account WHERE key = 'heap.idle.retained') AS idle
  FROM metadata
),
-- What the next collection is measured by; what is there without the garbage and the pages kept free; other settings of
-- GOGC, to compare with.
sums AS MATERIALIZED (
  SELECT
    *,
    heap_marked + stacks + globals AS kept,
    (heap_marked + stacks + globals) * percent / 100.0 AS room,
    ready - MAX(heap_live - heap_marked, 0) - idle AS base,
    CASE WHEN percent > 1 THEN percent / 2 END AS lower,
    CASE WHEN percent > 0 THEN percent * 2 ELSE 100 END AS higher
  FROM figures
)
SELECT
  'GOGC' AS figure,
  CASE WHEN percent >= 0 THEN percent END AS value,
  'percent' AS unit,
  CASE
    WHEN percent < 0 AND memory_limit = 'off'
      THEN 'The collector is off: nothing is freed but by runtime.GC.'
    WHEN percent < 0 AND memory_limit IS NOT NULL
      THEN 'Off: collections begin near the memory limit only.'
    WHEN percent >= 0 AND goal <= heap_minimum
      THEN 'The heap is so small that its least size decides, not GOGC.'
    WHEN percent >= 0 AND goal > heap_minimum AND memory_limit <> 'off' AND memory_limit - base < room THEN printf(
      'GOGC would let %.1f MiB gather; the memory limit has collections begin earlier.',
      room / 1048576.0
    )
    WHEN percent >= 0 AND goal > heap_minimum AND room IS NOT NULL THEN printf(
      '%.1f MiB can gather before the next collection; with %sGOGC=%d %s%.1f MiB.',
      room / 1048576.0,
      CASE
        WHEN lower IS NULL THEN ''
        ELSE printf('GOGC=%d it would be %.1f MiB, with ', lower, kept * lower / 104857600.0)
      END,
      higher,
      CASE WHEN lower IS NULL THEN 'it would be ' ELSE '' END,
      kept * higher / 104857600.0
    )
  END AS remark
FROM sums
WHERE percent IS NOT NULL
UNION ALL
SELECT
  'GOMEMLIMIT',
  CASE WHEN typeof(memory_limit) = 'integer' THEN memory_limit END,
  'bytes',
  CASE
    WHEN memory_limit = 'off' AND percent >= 0 AND ready + goal - heap_live IS NOT NULL THEN printf(
      'Not set: the process grows to about %.1f MiB before the next collection. Where less is allowed it is killed; a limit some percent below what is allowed makes it collect earlier.',
      (ready + MAX(goal - heap_live, 0)) / 1048576.0
    )
    WHEN memory_limit = 'off' THEN 'Not set.'
    WHEN base > memory_limit THEN printf(
      'What lives takes %.1f MiB more than the limit: collections cannot keep it, and take up to half of the CPU. Raise it, or hold less.',
      (base - memory_limit) / 1048576.0
    )
    WHEN base > 0.9 * memory_limit THEN printf(
      'Only %.1f MiB are left for garbage: collections are frequent.',
      (memory_limit - base) / 1048576.0
    )
    WHEN base IS NOT NULL THEN printf('%.1f MiB are left for garbage.', (memory_limit - base) / 1048576.0)
  END
FROM sums
WHERE memory_limit IS NOT NULL
UNION ALL
SELECT 'heap that the last collection has kept', heap_marked, 'bytes', NULL
FROM sums
WHERE heap_marked IS NOT NULL
UNION ALL
SELECT 'heap now', heap_live, 'bytes', NULL
FROM sums
WHERE heap_live IS NOT NULL
UNION ALL
SELECT 'heap of the next collection, by GOGC', goal, 'bytes', NULL
FROM sums
WHERE goal IS NOT NULL
UNION ALL
SELECT 'least such heap', heap_minimum, 'bytes', NULL
FROM sums
WHERE heap_minimum IS NOT NULL
  AND percent >= 0
UNION ALL
SELECT 'stacks and variables that are scanned', stacks + globals, 'bytes', NULL
FROM sums
WHERE stacks + globals IS NOT NULL
UNION ALL
SELECT 'memory that counts against GOMEMLIMIT', ready, 'bytes', NULL
FROM sums
WHERE ready IS NOT NULL
UNION ALL
SELECT
  'free pages kept',
  idle,
  'bytes',
  CASE
    WHEN idle > 67108864 AND idle > 0.2 * ready
      THEN 'The runtime gives them back little by little; debug.FreeOSMemory does at once.'
  END
FROM sums
WHERE idle IS NOT NULL
UNION ALL
SELECT 'collections', cycles, 'count', NULL
FROM sums
WHERE cycles IS NOT NULL
UNION ALL
SELECT
  'collections that were forced',
  forced,
  'count',
  CASE
    WHEN cycles >= 4 AND forced > 0.5 * cycles
      THEN 'Most of them: by runtime.GC or debug.FreeOSMemory.'
  END
FROM sums
WHERE forced IS NOT NULL
UNION ALL
SELECT 'pauses, all together', pauses, 'nanoseconds', NULL
FROM sums
WHERE pauses IS NOT NULL
UNION ALL
SELECT
  'CPU time that the collector has taken',
  100.0 * cpu,
  'percent',
  CASE
    WHEN cpu > 0.25 THEN 'Much: a higher GOGC takes more memory and less time.'
    WHEN cpu < 0.02 AND percent > 0 AND room > 67108864
      THEN 'Little: a lower GOGC would save memory and cost hardly anything.'
  END
FROM sums
WHERE cpu IS NOT NULL;
