-- Sums that would take seconds to ask for in a heap of ten million objects.

CREATE TABLE group_totals (
  -- Sums over objects that have something in common: their type, its package, module or kind, the size class of their slots.
  id INTEGER PRIMARY KEY,             -- 1..
  grouping TEXT NOT NULL,             -- type, package, module, kind, size class
  name TEXT,                          -- type, import path, module path and version (std: the standard library), kind, bytes of a slot; NULL for objects without, as those of unknown type
  objects INTEGER NOT NULL,           -- objects, garbage included
  bytes INTEGER NOT NULL,             -- their slot bytes
  reachable_objects INTEGER NOT NULL, -- reachable ones
  reachable_bytes INTEGER NOT NULL,   -- their slot bytes
  dominated_size INTEGER NOT NULL,    -- reachable bytes that one of them dominates, themselves included: garbage with them, at least
  dominated_count INTEGER NOT NULL,   -- objects, likewise
  UNIQUE (grouping, name)
) STRICT;

CREATE TABLE package_owners (
  -- Reachable bytes by the package of the program that keeps them: that of an object's type or, failing that, of its nearest
  -- dominator that has one outside the standard library. Every reachable object counts once.
  id INTEGER PRIMARY KEY,                    -- 1.., the largest first
  package TEXT UNIQUE,                       -- import path; NULL: nothing but the standard library up to the root
  module_id INTEGER REFERENCES modules (id), -- module of the package; NULL for none
  objects INTEGER NOT NULL,                  -- reachable objects
  bytes INTEGER NOT NULL                     -- their slot bytes
) STRICT;

CREATE TABLE dominator_paths (
  -- The dominator tree with nodes of the same name below the same place merged: who keeps how much alive, by types along
  -- the way, whatever the addresses. A node whose name one of the eight places above it already has joins that place, so
  -- that lists and trees are one place. Names begin with […] for several values of a type in one object. Roots are named
  -- without numbers. Places that retain less than dominator_paths_min_size (metadata) are left out.
  id INTEGER PRIMARY KEY,                           -- 1.., places above come first
  parent_id INTEGER REFERENCES dominator_paths (id), -- place above; NULL at the top
  level INTEGER NOT NULL,                           -- 1 at the top
  kind TEXT NOT NULL,                               -- object, or the kind of root
  name TEXT NOT NULL,                               -- type, or name of the root; (unknown) for objects of unknown type
  label TEXT NOT NULL,                              -- the name, with the kind before that of a root
  type_id INTEGER REFERENCES types (id),            -- type of the objects; NULL for roots, and when not known
  is_map_part INTEGER NOT NULL,                     -- 1: what maps are made of: directories, tables, groups; not the map, nor its entries
  nodes INTEGER NOT NULL,                           -- nodes merged here
  objects INTEGER NOT NULL,                         -- objects among them and below
  size INTEGER NOT NULL,                            -- their own slot bytes, without those below
  retained_size INTEGER NOT NULL,                   -- slot bytes here and below; at the top they add up to all reachable bytes
  node_id INTEGER NOT NULL                          -- the node among them that retains most
) STRICT;

CREATE TABLE goroutine_stacks (
  -- Goroutines that stand at the same place in the same way: same calls, status, wait reason and origin.
  id INTEGER PRIMARY KEY,          -- 1.., those first that retain most
  goroutines INTEGER NOT NULL,     -- how many
  status TEXT NOT NULL,            -- running, runnable, waiting, syscall, ...
  wait_reason TEXT,                -- as in a traceback; NULL when not waiting
  waiting_since_ns INTEGER,        -- runtime.nanotime of the one that waits longest; NULL when no collection has noted it
  function TEXT,                   -- innermost function that is not the runtime's own; NULL when there is none
  caller TEXT,                     -- innermost function outside of the standard library; NULL when function is that one, or there is none
  created_by TEXT,                 -- function with the go statement; NULL for the first ones
  frames TEXT NOT NULL,            -- calls, innermost first, one a line: function file:line; of more than 100 the middle is counted only
  stack_size INTEGER NOT NULL,     -- bytes of their stacks
  retained_size INTEGER NOT NULL,  -- heap bytes that each of them alone keeps alive, added up
  retained_count INTEGER NOT NULL, -- objects, likewise
  goroutine_id INTEGER NOT NULL REFERENCES goroutines (id) -- one of them
) STRICT;

CREATE TABLE goroutine_stack_members (
  -- Which goroutines a row of goroutine_stacks counts.
  goroutine_id INTEGER PRIMARY KEY REFERENCES goroutines (id), -- goroutine
  stack_id INTEGER NOT NULL REFERENCES goroutine_stacks (id)   -- row that counts it
) STRICT;

CREATE INDEX package_owners_of ON package_owners (module_id);
CREATE INDEX dominator_paths_in ON dominator_paths (parent_id, retained_size);
CREATE INDEX goroutine_stack_members_of ON goroutine_stack_members (stack_id);

CREATE TABLE package_paths (
  -- The dominator tree by package: nodes of one package that keep each other alive are one place. What has no package, as a
  -- string, belongs to the place above it. As in dominator_paths, a package that one of the eight places above already has
  -- joins that place, and places that retain less than package_paths_min_size (metadata) are left out.
  id INTEGER PRIMARY KEY,                          -- 1.., places above come first
  parent_id INTEGER REFERENCES package_paths (id), -- place above; NULL at the top
  level INTEGER NOT NULL,                          -- 1 at the top
  package TEXT,                                    -- import path; NULL for nodes without, up to the top
  nodes INTEGER NOT NULL,                          -- nodes merged here
  objects INTEGER NOT NULL,                        -- objects among them and below
  size INTEGER NOT NULL,                           -- their own slot bytes, without those below
  retained_size INTEGER NOT NULL,                  -- slot bytes here and below; at the top they add up to all reachable bytes
  node_id INTEGER NOT NULL                         -- the node among them that retains most
) STRICT;

CREATE TABLE dominated_types (
  -- What a node directly dominates, by type: of nodes that directly dominate a thousand objects or more, and of what nothing
  -- dominates. What the variables of a frame or goroutine directly dominate counts for that, too. The query directly-kept
  -- takes the others from objects.
  id INTEGER PRIMARY KEY,                       -- 1..
  idom_id INTEGER NOT NULL,                     -- the node; 0: nothing dominates these objects
  type_id INTEGER REFERENCES types (id),        -- type of the objects; NULL when not known
  objects INTEGER NOT NULL,                     -- objects of the type that it directly dominates
  size INTEGER NOT NULL,                        -- their slot bytes
  retained_size INTEGER NOT NULL,               -- bytes that they keep alive, themselves included
  retained_count INTEGER NOT NULL,              -- objects, likewise
  node_id INTEGER NOT NULL REFERENCES objects (id) -- the one of them that keeps most alive
) STRICT;

CREATE INDEX package_paths_in ON package_paths (parent_id, retained_size);
CREATE INDEX dominated_types_of ON dominated_types (idom_id, retained_size);
