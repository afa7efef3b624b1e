-- The tables of a goheap database. One database holds one dump.
--
-- This file is the one place where tables and columns are documented: SQLite keeps the comments inside each
-- CREATE statement in sqlite_schema, so a database explains itself (`.schema objects`), and generators read them there.
-- First comment of a statement: what a row is. Comment after a column: what it holds, its unit, what NULL means.
--
-- Sizes and offsets are bytes. Addresses are exact integers below 2^53.
-- One id space for the graph: objects are 1..N in address order, roots follow from N + 1. A *node* is either; a column
-- that holds a node (idom_id, parent_id of objects) cannot be declared a foreign key, as SQLite's point at one table.
-- Type, span and other ids start at 1.

PRAGMA application_id = 1735354480; -- 0x676f6870, 'gohp'
PRAGMA user_version = 1;

CREATE TABLE metadata (
  -- Facts about the dump as a whole, the program it came from and the run of goheap that wrote this file.
  key TEXT NOT NULL PRIMARY KEY, -- go_version, goos, goarch, heap_objects, heap_bytes, reachable_objects, ...;
                                 -- core_fingerprint: hash of the core's registers and variables, by which values are read from no other
                                 -- core; databases without it go by core_size alone;
                                 -- process_token: the same in all cores of one process, another in those of other processes; without
                                 -- it, it is not known whether heaps are of one;
                                 -- reachability: complete, or incomplete when pointers were lost (see objects);
                                 -- lost_objects: about how many objects have no row, 0 for none, or unknown;
                                 -- gc_percent: GOGC, -1 for off; gc_memory_limit: GOMEMLIMIT, or off; gc_heap_live, ...: the collector's
                                 -- own figures, see the query gc; gc_cpu_fraction is text
  value ANY NOT NULL             -- text, or an integer for counts, sizes and process ids
) STRICT, WITHOUT ROWID;

CREATE TABLE modules (
  -- Go modules in the binary (build information), the main module first.
  id INTEGER PRIMARY KEY, -- 1 for the main module
  path TEXT NOT NULL, -- module path, such as golang.org/x/net
  version TEXT,       -- NULL when not recorded
  sum TEXT,           -- checksum as in go.sum; NULL when not recorded
  replaces TEXT       -- path and version of what this module stands in for; NULL when it replaces nothing
) STRICT;

CREATE TABLE types (
  -- Go types of the program: named by the runtime's descriptors or by DWARF.
  id INTEGER PRIMARY KEY,                   -- 1.. in no particular order
  name TEXT NOT NULL UNIQUE,                -- fully qualified by import path: *example.com/a/b.T, []uint8
  package TEXT,                             -- import path of a named type; NULL for unnamed ones
  owner TEXT,                               -- import path that it is put down to: its package or, of an unnamed type, that of the first named type in its name; NULL when it names none
  module TEXT,                              -- module of that package, path and version; std: the standard library; NULL for none
  kind TEXT NOT NULL,                       -- as in reflect (struct, ptr, map, ...), or map group, closure, backing
  size INTEGER NOT NULL,                    -- bytes of one value
  pointer_bytes INTEGER,                    -- leading bytes that can hold pointers, 0 for none; NULL when not known
  element_id INTEGER REFERENCES types (id), -- pointed-to type, slice / array / chan element, map value; else NULL
  key_id INTEGER REFERENCES types (id),     -- map key; else NULL
  length INTEGER,                           -- elements of an array; else NULL
  runtime_address INTEGER                   -- address of the runtime's descriptor (abi.Type); NULL when it has none
) STRICT;

CREATE TABLE fields (
  -- Struct fields, closure captures, parts of maps and channels: what gives an offset in a value its name.
  type_id INTEGER NOT NULL REFERENCES types (id),       -- type that has the field
  position INTEGER NOT NULL,                            -- 0, 1, ... in declaration order
  name TEXT NOT NULL,                                   -- of an embedded field: its type's name without the package
  offset INTEGER NOT NULL,                              -- bytes from the start of the value
  field_type_id INTEGER NOT NULL REFERENCES types (id), -- type of the field
  embedded INTEGER NOT NULL,                            -- 1 for an embedded field
  PRIMARY KEY (type_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE type_sources (
  -- Ways in which the type of an object can be known, strongest first.
  id INTEGER PRIMARY KEY,   -- value of objects.type_source
  name TEXT NOT NULL UNIQUE -- header, runtime, interface, channel, map, closure, pointer, slice, string
) STRICT;

CREATE TABLE spans (
  -- Runs of pages that the runtime uses for slots of one size, or by hand (stacks), in address order.
  id INTEGER PRIMARY KEY,                            -- 1.., ascending with address
  address INTEGER NOT NULL UNIQUE,                   -- of the first byte
  pages INTEGER NOT NULL,                            -- of 8192 bytes
  class_size INTEGER,                                -- bytes of a slot; NULL for a span managed by hand
  noscan INTEGER NOT NULL,                           -- 1 when objects of the span hold no pointers
  state TEXT NOT NULL,                               -- in use: holds objects; manual: managed by hand (stacks)
  slots INTEGER NOT NULL,                            -- slots in the span
  allocated INTEGER NOT NULL,                        -- slots with an object, garbage included
  header_size INTEGER NOT NULL,                      -- bytes before an object's address in its slot: 8 with a malloc header
  tail_waste INTEGER,                                -- bytes after the last slot; NULL for a span managed by hand
  first_object_id INTEGER REFERENCES objects (id)    -- its objects are this one and the next allocated - 1; NULL for none
) STRICT;

CREATE TABLE stacks (
  -- Allocation stacks of sampled objects, from the runtime's own profile records.
  id INTEGER PRIMARY KEY -- value of objects.stack_id
) STRICT;

CREATE TABLE stack_frames (
  -- Frames of the allocation stacks.
  stack_id INTEGER NOT NULL REFERENCES stacks (id), -- stack that the frame is part of
  depth INTEGER NOT NULL, -- 0 is the innermost
  function TEXT NOT NULL, -- fully qualified
  file TEXT,              -- source file; NULL when not known
  line INTEGER,           -- line in file; NULL when not known
  PRIMARY KEY (stack_id, depth)
) STRICT, WITHOUT ROWID;

CREATE TABLE objects (
  -- Heap objects: one row per allocated slot in address order, garbage included.
  -- Where metadata.reachability is 'incomplete', variables or objects that may hold pointers were lost with parts of the
  -- core. What is reachable = 1 is so, and parent_id is a path to a root; but there can be shorter paths and more
  -- holders, so that distance is the most it can be, and idom_id, depth, retained_size, retained_count, and likewise
  -- is_bridge of edges, are those of the pointers in this file. What no root reaches is garbage only with unswept = 1.
  id INTEGER PRIMARY KEY,                              -- 1..N, ascending with address
  address INTEGER NOT NULL,                            -- where the program's pointers point (after a malloc header)
  size INTEGER NOT NULL,                               -- slot bytes: shallow size, header and padding included
  type_id INTEGER REFERENCES types (id),               -- NULL when not known
  length INTEGER,                                      -- consecutive elements of the type, as far as slices show; NULL when the type is not known
  type_source INTEGER REFERENCES type_sources (id),    -- how the type is known; NULL when it is not
  reachable INTEGER,                                   -- 1; 0 for garbage; NULL: not found so where metadata.reachability is incomplete. Only 1 has graph figures
  unswept INTEGER NOT NULL,                            -- 1: found dead by the last collection, and not yet swept
  idom_id INTEGER,                                     -- node that alone keeps it alive; NULL: only all roots together, or garbage
  retained_size INTEGER,                               -- bytes that would become garbage with it, itself included; NULL unless reachable
  retained_count INTEGER,                              -- objects that would, itself included; NULL unless reachable
  distance INTEGER,                                    -- pointers from the nearest root, 1: a root points at it; NULL unless reachable
  depth INTEGER,                                       -- in the dominator tree, 1 for a node without idom_id; NULL unless reachable
  parent_id INTEGER,                                   -- node before it on a shortest path from a root; NULL unless reachable
  span_id INTEGER NOT NULL REFERENCES spans (id),      -- span that its slot is in
  stack_id INTEGER REFERENCES stacks (id),             -- where it was allocated; NULL when not sampled, as most are
  unused_bytes INTEGER                                 -- bytes of it that are spare: array elements behind the longest slice
                                                       -- (cap - len), empty slots of maps, free slots of channels; else 0.
                                                       -- NULL when the type is not known, or who sees how much of it is not
) STRICT;

CREATE TABLE edges (
  -- Object -> object pointers: one row per pointer word, in order of source and offset.
  source_id INTEGER NOT NULL REFERENCES objects (id), -- object that holds the pointer
  offset INTEGER NOT NULL,                            -- bytes from the source's address to the pointer word
  target_id INTEGER NOT NULL REFERENCES objects (id), -- object that it points into
  target_offset INTEGER NOT NULL,                     -- bytes from the target's address to where it points
  is_bridge INTEGER NOT NULL,                         -- 1: setting this pointer alone to nil would make the target garbage
  PRIMARY KEY (source_id, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE roots (
  -- What keeps memory alive: variables, and what groups them (goroutine > frame > variable).
  id INTEGER PRIMARY KEY,                  -- N + 1.., following the objects
  parent_id INTEGER REFERENCES roots (id), -- frame of a local, goroutine of a frame; NULL at the top. Its immediate dominator
  kind TEXT NOT NULL,                      -- global, goroutine, frame, local, argument, register, finalizer, ...
  name TEXT NOT NULL,                      -- of the variable, function or goroutine
  type_id INTEGER REFERENCES types (id),   -- of the variable; NULL when not known
  address INTEGER,                         -- where the variable lies; NULL when it has no place (a register)
  size INTEGER,                            -- bytes of the variable; NULL when not known
  retained_size INTEGER NOT NULL,          -- heap bytes that would become garbage without it (and what it groups)
  retained_count INTEGER NOT NULL,         -- objects that would
  depth INTEGER NOT NULL                   -- in the dominator tree, 1 without parent_id
) STRICT;

CREATE TABLE root_edges (
  -- Root -> object pointers, in order of root and offset.
  root_id INTEGER NOT NULL REFERENCES roots (id),     -- variable that holds the pointer
  offset INTEGER NOT NULL,                            -- bytes from the root's address to the pointer word
  target_id INTEGER NOT NULL REFERENCES objects (id), -- object that it points into
  target_offset INTEGER NOT NULL,                     -- bytes from the target's address to where it points
  is_bridge INTEGER NOT NULL                          -- 1: setting this pointer alone to nil would make the target garbage
) STRICT;

CREATE TABLE goroutines (
  -- Goroutines that have not ended.
  id INTEGER PRIMARY KEY REFERENCES roots (id), -- its row in roots
  goid INTEGER NOT NULL,                        -- number that tracebacks print
  status TEXT NOT NULL,                         -- running, runnable, waiting, syscall, ...
  wait_reason TEXT,                             -- as in a traceback (chan receive, select, ...); NULL when not waiting
  waiting_since_ns INTEGER,                     -- runtime.nanotime; NULL when no collection has noted it
  created_by TEXT,                              -- function with the go statement; NULL for the first ones
  created_by_file TEXT,                         -- file of the go statement; NULL when not known
  created_by_line INTEGER,                      -- its line
  created_by_goid INTEGER,                      -- goid of the goroutine that ran it; NULL for the first ones
  waiting_on TEXT,                              -- send 0x..., receive 0x... for channels, wait 0x... for semaphores, as of mutexes; NULL for none
  waiting_on_id INTEGER REFERENCES objects (id), -- object that holds it; NULL when it is not in the heap, or there are several
  labels TEXT,                                  -- runtime/pprof labels, a JSON object; NULL for none
  stack_size INTEGER NOT NULL,                  -- bytes of stack
  thread_id INTEGER                             -- kernel thread it was on; NULL when on none
) STRICT;

CREATE TABLE frames (
  -- Stack frames of goroutines, inlined calls included. In stacks of more than 20,000 of them (endless recursion), those that
  -- hold no pointers have a row only near the ends: problems counts the others, and depth goes on.
  id INTEGER PRIMARY KEY REFERENCES roots (id),            -- its row in roots
  goroutine_id INTEGER NOT NULL REFERENCES goroutines (id), -- goroutine whose stack it is on
  depth INTEGER NOT NULL,                                  -- 0 is the innermost
  function TEXT NOT NULL,                                  -- fully qualified
  file TEXT,                                               -- source file; NULL when not known
  line INTEGER,                                            -- line in file; NULL when not known
  pc INTEGER NOT NULL                                      -- program counter
) STRICT;

CREATE TABLE strings (
  -- String data: the bytes of an object that strings show, garbage included. Substrings belong to the object they were
  -- cut from: it is one row, from the first byte that a string shows to the last. Only in 16-byte slots, which unrelated
  -- strings may share, each string is a row, and overlapping ones are one.
  object_id INTEGER NOT NULL REFERENCES objects (id), -- object that holds the bytes
  offset INTEGER NOT NULL, -- bytes from the object's address to the first byte
  length INTEGER NOT NULL, -- bytes
  hash INTEGER NOT NULL,   -- of these bytes, 63 bits: equal for equal contents
  value TEXT,              -- the first 4096 bytes as text, U+FFFD for what is not UTF-8; NULL without index --strings
  PRIMARY KEY (object_id, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE map_keys (
  -- Pointers that lie in a value of a map, with the key of that value: what pointers.path takes it from. Keys that are text,
  -- numbers or bool. Empty without index --strings.
  object_id INTEGER NOT NULL REFERENCES objects (id),    -- group or bucket of the map
  offset INTEGER NOT NULL,                               -- bytes from its address to the pointer, as in edges
  value_offset INTEGER NOT NULL,                         -- the same to the value that the pointer is in
  value_type_id INTEGER NOT NULL REFERENCES types (id),  -- type of that value
  key TEXT,                                              -- as in Go source, text cut at 100 bytes; NULL when the core does not hold it
  PRIMARY KEY (object_id, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE duplicate_strings (
  -- Contents that strings of reachable objects have more than once: what storing each only once would save.
  id INTEGER PRIMARY KEY,                             -- 1.., those first whose copies cost most
  object_id INTEGER NOT NULL REFERENCES objects (id), -- first object with the contents
  offset INTEGER NOT NULL,                            -- bytes from its address to them, as in strings
  length INTEGER NOT NULL,                            -- bytes of one copy
  copies INTEGER NOT NULL,                            -- strings with the contents in reachable objects, at least 2
  wasted_bytes INTEGER NOT NULL                       -- bytes of all copies but one
) STRICT;

CREATE TABLE mappings (
  -- Address space of the process, in address order.
  id INTEGER PRIMARY KEY,    -- 1.., ascending with address
  address INTEGER NOT NULL,  -- of the first byte
  size INTEGER NOT NULL,     -- bytes
  source TEXT NOT NULL,      -- where its bytes came from: core, binary, file; absent: left out of the core; lost: cut off with its end
  permissions TEXT NOT NULL, -- rwx with - for what is not allowed
  file TEXT                  -- mapped file; NULL for none, or when the core does not say
) STRICT;

CREATE TABLE problems (
  -- What could not be read or did not hold. Empty: every check passed.
  id INTEGER PRIMARY KEY, -- 1.. in the order they were met
  stage TEXT NOT NULL,    -- part of the indexing that met it
  code TEXT NOT NULL,     -- stable name of the situation
  severity TEXT NOT NULL, -- error: figures miss something; warning: one may be off, or a detail is lost; info: neither
  address INTEGER,        -- first place concerned; NULL when it has none
  count INTEGER NOT NULL, -- how often it was met
  message TEXT NOT NULL   -- a sentence about the first one
) STRICT;

CREATE TABLE type_totals (
  -- Sums over the objects of each type that has any, and one row for those whose type is not known.
  id INTEGER PRIMARY KEY,                       -- the type's id; 0 for objects of unknown type
  type_id INTEGER UNIQUE REFERENCES types (id), -- NULL for objects of unknown type
  objects INTEGER NOT NULL,                     -- objects, garbage included
  bytes INTEGER NOT NULL,                       -- their slot bytes
  reachable_objects INTEGER NOT NULL,           -- reachable ones
  reachable_bytes INTEGER NOT NULL,             -- their slot bytes
  max_retained_size INTEGER,                    -- of the object that retains most; NULL when none is reachable
  unused_bytes INTEGER NOT NULL                 -- spare bytes of the reachable ones, as far as they are known
) STRICT;

CREATE VIEW dominators (
  -- The dominator tree: every reachable node with the node that alone keeps it alive.
  id,             -- object or root
  idom_id,        -- immediate dominator; NULL: kept by several of the top nodes, or a root without parent
  retained_size,  -- bytes that would become garbage with it, itself included
  retained_count, -- objects that would
  depth           -- 1 for a node without idom_id
) AS
SELECT id, idom_id, retained_size, retained_count, depth FROM objects WHERE reachable
UNION ALL
SELECT id, parent_id, retained_size, retained_count, depth FROM roots;

CREATE VIEW nodes (
  -- Objects and roots alike, with a label to read.
  id,             -- object or root
  kind,           -- object, or the kind of root
  label,          -- type of an object, [length] before it when there are several; kind and name of a root
  address,        -- NULL for a root without a place
  size,           -- bytes
  type_id,        -- NULL when not known
  reachable,      -- as of objects; 1 for every root
  idom_id,        -- immediate dominator; NULL for none
  parent_id,      -- node before it on a shortest path from a root
  distance,       -- pointers from the nearest root, 0 for a root; NULL unless reachable
  retained_size,  -- bytes; NULL unless reachable
  retained_count  -- objects; NULL unless reachable
) AS
SELECT
  -- Types of expressions are the same in both halves: otherwise SQLite would not look up single nodes, but make a
  -- table of all to search in (select.c, flattenSubquery, 17h).
  o.id, CAST('object' AS TEXT),
  CASE WHEN o.length <> 1 THEN '[' || o.length || ']' ELSE '' END || COALESCE(t.name, '(unknown)'),
  o.address, o.size, o.type_id, o.reachable, o.idom_id, o.parent_id, o.distance, o.retained_size, o.retained_count
FROM objects o LEFT JOIN types t ON t.id = o.type_id
UNION ALL
SELECT
  id, kind, CASE WHEN name LIKE kind || ' %' THEN name ELSE kind || ' ' || name END,
  address, size, type_id, CAST(1 AS INTEGER), parent_id, parent_id, CAST(0 AS INTEGER), retained_size, retained_count
FROM roots;

CREATE VIEW histogram (
  -- Objects by type: every type that has any, and (unknown).
  type_id,           -- NULL for objects of unknown type
  type,              -- name of the type, (unknown) when not known
  package,           -- import path; NULL for unnamed types
  kind,              -- kind of the type; NULL when not known
  objects,           -- objects, garbage included
  bytes,             -- their slot bytes
  reachable_objects, -- reachable ones
  reachable_bytes,   -- their slot bytes
  max_retained_size  -- bytes retained by the object that retains most
) AS
SELECT
  s.type_id, COALESCE(t.name, '(unknown)'), t.package, t.kind,
  s.objects, s.bytes, s.reachable_objects, s.reachable_bytes, s.max_retained_size
FROM type_totals s LEFT JOIN types t ON t.id = s.type_id;

CREATE VIEW objects_named (
  -- Objects with names in place of type ids.
  id,             -- object
  hex_address,    -- as a debugger prints it
  address,        -- where the program's pointers point
  size,           -- slot bytes
  type,           -- NULL when not known
  package,        -- import path of a named type
  kind,           -- kind of the type
  length,         -- consecutive elements of the type
  type_source,    -- how the type is known; NULL when it is not
  reachable,      -- 0 for garbage; NULL when not known (metadata.reachability)
  unswept,        -- 1: found dead by the last collection, and not yet swept
  idom_id,        -- node that alone keeps it alive; NULL for none
  retained_size,  -- bytes that would become garbage with it; NULL unless reachable
  retained_count, -- objects that would; NULL unless reachable
  distance,       -- pointers from the nearest root; NULL unless reachable
  depth,          -- in the dominator tree; NULL unless reachable
  parent_id,      -- node before it on a shortest path from a root; NULL unless reachable
  span_id         -- span that its slot is in
) AS
SELECT
  o.id, printf('0x%x', o.address), o.address, o.size, t.name, t.package, t.kind, o.length, s.name,
  o.reachable, o.unswept, o.idom_id, o.retained_size, o.retained_count, o.distance, o.depth, o.parent_id, o.span_id
FROM objects o
LEFT JOIN types t ON t.id = o.type_id
LEFT JOIN type_sources s ON s.id = o.type_source;

-- DuckDB reads views by their SQL: there OFFSET is a reserved word, and / divides integers to fractions.
CREATE VIEW pointers (
  -- Object -> object pointers with type names and the path of the field that holds each, such as .conns[3].buf.
  -- The path is found by descending from the source's type through fields and array elements, down to the
  -- pointer, string, slice, interface, map, channel or function that the word belongs to.
  source_id,     -- object that holds the pointer
  "offset",      -- bytes from the source's address to the pointer word
  source_type,   -- NULL when not known
  path,          -- '' when the source is itself the pointer; NULL when its type, or what lies at the offset, is not known
  target_id,     -- object that it points into
  target_type,   -- NULL when not known
  target_offset, -- bytes from the target's address to where it points
  is_bridge      -- 1: setting this pointer alone to nil would make the target garbage
) AS
SELECT
  e.source_id, e.offset, t.name,
  (
    WITH RECURSIVE step (type_id, rest, path, n) AS (
      SELECT
        COALESCE(k.value_type_id, t.id),
        COALESCE(e.offset - k.value_offset, e.offset % t.size),
        CASE
          WHEN k.key IS NOT NULL THEN '[' || k.key || ']'
          WHEN s.length > 1 THEN '[' || CAST((e.offset - e.offset % t.size) / t.size AS BIGINT) || ']'
          ELSE ''
        END,
        0
      WHERE e.offset < s.length * t.size
      UNION ALL
      SELECT
        COALESCE(f.field_type_id, a.element_id),
        CASE WHEN f.type_id IS NOT NULL THEN step.rest - f.offset ELSE step.rest % b.size END,
        step.path || CASE
          WHEN f.type_id IS NOT NULL THEN '.' || f.name
          ELSE '[' || CAST((step.rest - step.rest % b.size) / b.size AS BIGINT) || ']'
        END,
        step.n + 1
      FROM step
      LEFT JOIN fields f ON f.type_id = step.type_id AND f.position = (
        SELECT g.position FROM fields g
        WHERE g.type_id = step.type_id AND g.offset <= step.rest
        ORDER BY g.offset DESC, g.position DESC LIMIT 1
      )
      LEFT JOIN types a ON a.id = step.type_id AND a.kind = 'array'
      LEFT JOIN types b ON b.id = a.element_id AND b.size > 0
      WHERE f.type_id IS NOT NULL OR b.id IS NOT NULL
    )
    SELECT CASE
      WHEN leaf.kind IN ('ptr', 'map', 'chan', 'func', 'unsafe.Pointer', 'string', 'slice') AND step.rest = 0
        THEN step.path
      WHEN leaf.kind = 'interface' AND step.rest IN (0, 8) THEN step.path
    END
    FROM step JOIN types leaf ON leaf.id = step.type_id ORDER BY step.n DESC LIMIT 1
  ),
  e.target_id, u.name, e.target_offset, e.is_bridge
FROM edges e
JOIN objects s ON s.id = e.source_id
LEFT JOIN types t ON t.id = s.type_id
LEFT JOIN map_keys k ON k.object_id = e.source_id AND k.offset = e.offset AND k.key IS NOT NULL
JOIN objects o ON o.id = e.target_id
LEFT JOIN types u ON u.id = o.type_id;

CREATE VIEW root_pointers (
  -- Root -> object pointers, as in pointers.
  root_id,       -- variable that holds the pointer
  "offset",      -- bytes from the root's address to the pointer word
  root_type,     -- type of the variable; NULL when not known
  path,          -- '' when the source is itself the pointer; NULL when its type, or what lies at the offset, is not known
  target_id,     -- object that it points into
  target_type,   -- NULL when not known
  target_offset, -- bytes from the target's address to where it points
  is_bridge      -- 1: setting this pointer alone to nil would make the target garbage
) AS
SELECT
  e.root_id, e.offset, t.name,
  (
    WITH RECURSIVE step (type_id, rest, path, n) AS (
      SELECT t.id, e.offset, '', 0
      WHERE e.offset < t.size
      UNION ALL
      SELECT
        COALESCE(f.field_type_id, a.element_id),
        CASE WHEN f.type_id IS NOT NULL THEN step.rest - f.offset ELSE step.rest % b.size END,
        step.path || CASE
          WHEN f.type_id IS NOT NULL THEN '.' || f.name
          ELSE '[' || CAST((step.rest - step.rest % b.size) / b.size AS BIGINT) || ']'
        END,
        step.n + 1
      FROM step
      LEFT JOIN fields f ON f.type_id = step.type_id AND f.position = (
        SELECT g.position FROM fields g
        WHERE g.type_id = step.type_id AND g.offset <= step.rest
        ORDER BY g.offset DESC, g.position DESC LIMIT 1
      )
      LEFT JOIN types a ON a.id = step.type_id AND a.kind = 'array'
      LEFT JOIN types b ON b.id = a.element_id AND b.size > 0
      WHERE f.type_id IS NOT NULL OR b.id IS NOT NULL
    )
    SELECT CASE
      WHEN leaf.kind IN ('ptr', 'map', 'chan', 'func', 'unsafe.Pointer', 'string', 'slice') AND step.rest = 0
        THEN step.path
      WHEN leaf.kind = 'interface' AND step.rest IN (0, 8) THEN step.path
    END
    FROM step JOIN types leaf ON leaf.id = step.type_id ORDER BY step.n DESC LIMIT 1
  ),
  e.target_id, u.name, e.target_offset, e.is_bridge
FROM root_edges e
JOIN roots s ON s.id = e.root_id
LEFT JOIN types t ON t.id = s.type_id
JOIN objects o ON o.id = e.target_id
LEFT JOIN types u ON u.id = o.type_id;

-- What the usual questions need. The writer makes these after the rows are in.
CREATE INDEX fields_at ON fields (type_id, offset);
CREATE INDEX objects_of_type ON objects (type_id, retained_size);
CREATE INDEX objects_dominated ON objects (idom_id, retained_size);
CREATE INDEX objects_retaining ON objects (retained_size);
CREATE INDEX objects_of_stack ON objects (stack_id) WHERE stack_id IS NOT NULL;
CREATE INDEX objects_unused ON objects (unused_bytes) WHERE unused_bytes > 0;
CREATE INDEX edges_to ON edges (target_id);
CREATE INDEX roots_in ON roots (parent_id, retained_size);
CREATE INDEX root_edges_of ON root_edges (root_id, offset);
CREATE INDEX root_edges_to ON root_edges (target_id);
CREATE INDEX frames_of ON frames (goroutine_id, depth);
CREATE INDEX strings_alike ON strings (hash, length);
