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
