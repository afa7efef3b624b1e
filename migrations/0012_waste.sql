-- What memory is spent on without need.

CREATE TABLE field_orders (
  -- Orders of fields in which values of a struct type would be smaller: of those types in type_padding that have one.
  type_id INTEGER PRIMARY KEY REFERENCES types (id), -- the struct type
  fields TEXT NOT NULL                               -- names, with a comma between: by alignment, largest first
) STRICT;

CREATE TABLE garbage_totals (
  -- Sums over the unreachable objects of each type that has any. Objects of which it is not known (objects.reachable) are not
  -- in it.
  id INTEGER PRIMARY KEY,                       -- the type's id; 0 for objects of unknown type
  type_id INTEGER UNIQUE REFERENCES types (id), -- NULL for objects of unknown type
  objects INTEGER NOT NULL,                     -- unreachable objects
  bytes INTEGER NOT NULL,                       -- their slot bytes
  unswept_objects INTEGER NOT NULL,             -- of these, found dead by the last collection and not yet swept
  unswept_bytes INTEGER NOT NULL                -- their slot bytes
) STRICT;

CREATE TABLE waste_totals (
  -- Bytes that serve no purpose, by the way in which they do not, and by type. Ways overlap: an array that another one equals
  -- can have spare elements. Of reachable objects only, but for garbage, free slots and span ends.
  id INTEGER PRIMARY KEY,                   -- 1..
  kind TEXT NOT NULL,                       -- spare elements, pinned arrays, map slots, ...: rows of waste_kinds
  type_id INTEGER REFERENCES types (id),    -- type of the objects; NULL for objects of unknown type, and for what has no type
  objects INTEGER NOT NULL,                 -- objects that have such bytes; values for struct padding, contents for duplicates, slots or spans for the last two
  bytes INTEGER NOT NULL,                   -- such bytes
  unknown_objects INTEGER NOT NULL,         -- objects that may have such bytes: it is not known
  unknown_bytes INTEGER NOT NULL,           -- their slot bytes
  UNIQUE (kind, type_id)
) STRICT;

CREATE TABLE waste_kinds (
  -- Ways in which bytes serve no purpose.
  id INTEGER PRIMARY KEY,    -- 1..
  kind TEXT NOT NULL UNIQUE, -- value of waste_totals.kind
  note TEXT NOT NULL,        -- what it is, and what helps
  query TEXT NOT NULL        -- bundled query that shows more
) STRICT;

CREATE TABLE pinned_arrays (
  -- Reachable arrays of which slices, strings and pointers show half or less: a small part that was cut out keeps all of it.
  -- Only those where a copy of the part would take a smaller slot, and of which it is known what each pointer shows.
  object_id INTEGER PRIMARY KEY REFERENCES objects (id), -- the array
  shown_offset INTEGER NOT NULL, -- bytes from the object's address to the first byte that is shown
  shown_size INTEGER NOT NULL,   -- bytes from there to the last
  saved_size INTEGER NOT NULL    -- slot bytes that a copy of these would save
) STRICT;

CREATE TABLE pinned_totals (
  -- Sums over pinned_arrays by what holds them: the same field of objects of the same type, or the same variable. The holder
  -- is the node before the array on a shortest path from a root.
  id INTEGER PRIMARY KEY,                              -- 1.., those first where copies would save most
  holder_type_id INTEGER REFERENCES types (id),        -- type of the holders; NULL for a variable, and when not known
  arrays INTEGER NOT NULL,                             -- pinned arrays
  size INTEGER NOT NULL,                               -- their slot bytes
  shown_size INTEGER NOT NULL,                         -- bytes of them that are shown
  saved_size INTEGER NOT NULL,                         -- slot bytes that copies of these would save
  example_id INTEGER NOT NULL REFERENCES objects (id)  -- the array where a copy saves most
) STRICT;

CREATE TABLE duplicate_arrays (
  -- Contents that reachable arrays without pointers have more than once, by type: the bytes from the first that is shown to
  -- the last, 16 or more, equal by their 63-bit hash. Those that strings show are in duplicate_strings.
  id INTEGER PRIMARY KEY,                             -- 1.., those first whose copies cost most
  object_id INTEGER NOT NULL REFERENCES objects (id), -- first array with the contents
  type_id INTEGER NOT NULL REFERENCES types (id),     -- type of the arrays or of their elements
  length INTEGER NOT NULL,                            -- bytes of one copy
  copies INTEGER NOT NULL,                            -- arrays with the contents, at least 2
  wasted_bytes INTEGER NOT NULL                       -- slots of all of them but the largest
) STRICT;

CREATE TABLE array_copies (
  -- The arrays that a row of duplicate_arrays counts.
  object_id INTEGER PRIMARY KEY REFERENCES objects (id),           -- array
  duplicate_id INTEGER NOT NULL REFERENCES duplicate_arrays (id)   -- row that counts it
) STRICT, WITHOUT ROWID;

CREATE INDEX pinned_arrays_saved ON pinned_arrays (saved_size);
CREATE INDEX array_copies_of ON array_copies (duplicate_id);
