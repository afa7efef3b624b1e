-- Where the memory of the process is, down to the padding of objects.

CREATE TABLE memory_account (
  -- Sizes of all that the process has mapped, as a tree: the known sizes of a row's children add up to the row's own, and
  -- what could not be attributed is a row of its own. Row 1, the process, equals the sum of mappings.
  id INTEGER PRIMARY KEY,                            -- 1.., parents before children, siblings in order
  parent_id INTEGER REFERENCES memory_account (id),  -- row that this one is a part of; NULL for the first
  key TEXT NOT NULL UNIQUE,                          -- stable name, for programs: heap.in-use.free
  name TEXT NOT NULL,                                -- for people
  bytes INTEGER,                                     -- NULL when not known
  note TEXT NOT NULL                                 -- what it is; the field of runtime.MemStats that counts the same
) STRICT;

CREATE VIEW object_sizes (
  -- What the slot of each object is taken up by: size = header_size + value_size + padding, and
  -- value_size = used_size + unused_size. Gaps within structs are in used_size: see type_padding.
  id,          -- object
  size,        -- bytes of the slot
  header_size, -- malloc header
  value_size,  -- length * size of the type; NULL when the type is not known
  used_size,   -- of these, bytes in use; NULL when it is not known how many
  unused_size, -- spare elements of arrays, slots of maps and channels: objects.unused_bytes; NULL when not known
  padding      -- bytes of the slot behind the value; NULL when the type is not known
) AS
SELECT
  o.id, o.size, s.header_size, o.length * t.size, o.length * t.size - o.unused_bytes, o.unused_bytes,
  o.size - s.header_size - o.length * t.size
FROM objects o
JOIN spans s ON s.id = o.span_id
LEFT JOIN types t ON t.id = o.type_id;

CREATE VIEW span_sizes (
  -- What each span of objects is taken up by: size = allocated_bytes + free_bytes + tail_waste.
  id,              -- span
  size,            -- bytes
  class_size,      -- bytes of a slot
  allocated_bytes, -- slots with an object, garbage included
  free_slots,      -- slots without
  free_bytes,      -- their bytes
  tail_waste       -- bytes after the last slot: the runtime's bitmaps, and what is too short for a slot
) AS
SELECT
  id, pages * 8192, class_size, allocated * class_size, slots - allocated,
  (slots - allocated) * class_size, tail_waste
FROM spans
WHERE class_size IS NOT NULL;
