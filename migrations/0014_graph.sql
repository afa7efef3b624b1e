-- The graph in the form that a search of all of it reads: ten million objects in a few tenths of a second.

CREATE TABLE object_shapes (
  -- What sets of objects have in common: type, bytes of a slot, one value or several. Each object has one shape.
  id INTEGER PRIMARY KEY,               -- 1.., in the order of the first object of each
  type_id INTEGER REFERENCES types (id), -- NULL when not known
  size INTEGER NOT NULL,                -- slot bytes of each object
  is_several INTEGER NOT NULL,          -- 1: each has more than one value of the type (objects.length)
  objects INTEGER NOT NULL,             -- how many objects have it, garbage included
  UNIQUE (type_id, size, is_several)
) STRICT;

CREATE TABLE graph_arrays (
  -- What objects, edges and spans say, once more as arrays of little-endian numbers, cut into parts: goheap's own searches read
  -- these. Objects are named by rank there: their place, from 0, in a breadth-first search from all roots at once, roots by id,
  -- pointers by offset; garbage follows, by id.
  -- rank: 4 bytes for each object, by id: its rank.
  -- shape: 2 bytes for each object, by rank, 4 when there are more than 65536 shapes: its shape, object_shapes.id - 1.
  -- shape_runs: the same by id, for each run of objects of one shape: the shape, how many objects. In LEB128.
  -- counts: for each reachable object, by rank: how many pointers it has. In LEB128.
  -- pointers: for each of these pointers: offset / 8 * 2, plus 1 when it leads to the object of the least rank that no root and
  -- no pointer before has led to. In LEB128.
  -- targets: 4 bytes for each pointer without that 1: the rank of its target.
  -- slots: a bit for each slot of all spans that are not managed by hand, by address, the lowest of a byte first: 1 for an
  -- object, 0 for a free slot.
  name TEXT NOT NULL,    -- rank, shape, shape_runs, counts, pointers, targets, slots
  part INTEGER NOT NULL, -- 0.., of 65536 bytes, the last one of fewer
  data BLOB NOT NULL,    -- bytes of the part
  PRIMARY KEY (name, part)
) STRICT;
