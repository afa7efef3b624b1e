-- Bytes of structs that no field has.

CREATE TABLE type_padding (
  -- Struct types that have such bytes, between their fields or after the last. What lies within a field is the padding of
  -- the field's own type. The usual question: which types, in which order of fields, would take less memory?
  type_id INTEGER PRIMARY KEY REFERENCES types (id), -- the struct type
  gap_bytes INTEGER NOT NULL,     -- between the fields of one value, for their alignment
  tail_bytes INTEGER NOT NULL,    -- after its last field
  best_size INTEGER NOT NULL,     -- bytes of a value whose fields are sorted by alignment, largest first
  live_values INTEGER NOT NULL,   -- values in reachable objects of known type: alone, in arrays, slots of maps, as fields;
                                  -- spare elements and slots count, as they take the same bytes
  padding_bytes INTEGER NOT NULL, -- live_values * (gap_bytes + tail_bytes)
  saved_bytes INTEGER NOT NULL    -- live_values * (size - best_size); size classes can leave less of it to be saved
) STRICT;

CREATE INDEX type_padding_saved ON type_padding (saved_bytes);
