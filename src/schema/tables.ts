/**
 * Rows of the database, typed for kysely: `new Kysely<HeapTables>(...)`. The migrations say what each column means; a
 * test holds the names here against them. `| null` where a column can be NULL.
 */
export interface HeapTables {
  metadata: { key: string; value: string | number }
  modules: { id: number; path: string; version: string | null; sum: string | null; replaces: string | null }
  types: {
    id: number
    name: string
    package: string | null
    owner: string | null
    module: string | null
    kind: string
    size: number
    pointer_bytes: number | null
    element_id: number | null
    key_id: number | null
    length: number | null
    runtime_address: number | null
  }
  fields: {
    type_id: number
    position: number
    name: string
    offset: number
    field_type_id: number
    embedded: number
  }
  type_sources: { id: number; name: string }
  spans: {
    id: number
    address: number
    pages: number
    class_size: number | null
    noscan: number
    state: string
    slots: number
    allocated: number
    header_size: number
    tail_waste: number | null
    first_object_id: number | null
  }
  stacks: { id: number }
  stack_frames: {
    stack_id: number
    depth: number
    function: string
    file: string | null
    line: number | null
  }
  objects: {
    id: number
    address: number
    size: number
    type_id: number | null
    length: number | null
    type_source: number | null
    reachable: number | null
    unswept: number
    idom_id: number | null
    retained_size: number | null
    retained_count: number | null
    distance: number | null
    depth: number | null
    parent_id: number | null
    span_id: number
    stack_id: number | null
    unused_bytes: number | null
  }
  edges: { source_id: number; offset: number; target_id: number; target_offset: number; is_bridge: number }
  roots: {
    id: number
    parent_id: number | null
    kind: string
    name: string
    type_id: number | null
    address: number | null
    size: number | null
    retained_size: number
    retained_count: number
    depth: number
  }
  root_edges: { root_id: number; offset: number; target_id: number; target_offset: number; is_bridge: number }
  goroutines: {
    id: number
    goid: number
    status: string
    wait_reason: string | null
    waiting_since_ns: number | null
    created_by: string | null
    created_by_file: string | null
    created_by_line: number | null
    created_by_goid: number | null
    waiting_on: string | null
    waiting_on_id: number | null
    /** A JSON object. */
    labels: string | null
    stack_size: number
    thread_id: number | null
  }
  frames: {
    id: number
    goroutine_id: number
    depth: number
    function: string
    file: string | null
    line: number | null
    pc: number
  }
  strings: {
    object_id: number
    offset: number
    length: number
    /** Beyond 2^53: read it as bigint (better-sqlite3: safeIntegers). */
    hash: number | bigint
    value: string | null
  }
  map_keys: {
    object_id: number
    offset: number
    value_offset: number
    value_type_id: number
    key: string | null
  }
  duplicate_strings: {
    id: number
    object_id: number
    offset: number
    length: number
    copies: number
    wasted_bytes: number
  }
  mappings: {
    id: number
    address: number
    size: number
    source: string
    permissions: string
    file: string | null
  }
  problems: {
    id: number
    stage: string
    code: string
    severity: string
    address: number | null
    count: number
    message: string
  }
  type_totals: {
    id: number
    type_id: number | null
    objects: number
    bytes: number
    reachable_objects: number
    reachable_bytes: number
    max_retained_size: number | null
    unused_bytes: number
  }
  type_padding: {
    type_id: number
    gap_bytes: number
    tail_bytes: number
    best_size: number
    live_values: number
    padding_bytes: number
    saved_bytes: number
  }
  field_orders: { type_id: number; fields: string }
  garbage_totals: {
    id: number
    type_id: number | null
    objects: number
    bytes: number
    unswept_objects: number
    unswept_bytes: number
  }
  memory_account: {
    id: number
    parent_id: number | null
    key: string | null
    name: string
    bytes: number | null
    note: string
  }
  object_sizes: {
    id: number
    size: number
    header_size: number
    value_size: number | null
    used_size: number | null
    unused_size: number | null
    padding: number | null
  }
  span_sizes: {
    id: number
    size: number
    class_size: number
    allocated_bytes: number
    free_slots: number
    free_bytes: number
    tail_waste: number
  }
  group_totals: {
    id: number
    grouping: string
    name: string | null
    objects: number
    bytes: number
    reachable_objects: number
    reachable_bytes: number
    dominated_size: number
    dominated_count: number
  }
  package_owners: {
    id: number
    package: string | null
    module_id: number | null
    objects: number
    bytes: number
  }
  dominator_paths: {
    id: number
    parent_id: number | null
    level: number
    kind: string
    name: string
    label: string
    type_id: number | null
    is_map_part: number
    nodes: number
    objects: number
    size: number
    retained_size: number
    node_id: number
  }
  goroutine_stacks: {
    id: number
    goroutines: number
    status: string
    wait_reason: string | null
    waiting_since_ns: number | null
    function: string | null
    caller: string | null
    created_by: string | null
    frames: string
    stack_size: number
    retained_size: number
    retained_count: number
    goroutine_id: number
  }
  goroutine_stack_members: { goroutine_id: number; stack_id: number }
  migrations: { name: string; timestamp: string }
  dominators: {
    id: number
    idom_id: number | null
    retained_size: number
    retained_count: number
    depth: number
  }
  nodes: {
    id: number
    kind: string
    label: string
    address: number | null
    size: number | null
    type_id: number | null
    reachable: number | null
    idom_id: number | null
    parent_id: number | null
    distance: number | null
    retained_size: number | null
    retained_count: number | null
  }
  histogram: {
    type_id: number | null
    type: string
    package: string | null
    kind: string | null
    objects: number
    bytes: number
    reachable_objects: number
    reachable_bytes: number
    max_retained_size: number | null
  }
  objects_named: {
    id: number
    hex_address: string
    address: number
    size: number
    type: string | null
    package: string | null
    kind: string | null
    length: number | null
    type_source: string | null
    reachable: number | null
    unswept: number
    idom_id: number | null
    retained_size: number | null
    retained_count: number | null
    distance: number | null
    depth: number | null
    parent_id: number | null
    span_id: number
  }
  pointers: {
    source_id: number
    offset: number
    source_type: string | null
    path: string | null
    target_id: number
    target_type: string | null
    target_offset: number
    is_bridge: number
  }
  root_pointers: {
    root_id: number
    offset: number
    root_type: string | null
    path: string | null
    target_id: number
    target_type: string | null
    target_offset: number
    is_bridge: number
  }
  shortest_paths: { id: number; path: string | null }
  object_shapes: { id: number; type_id: number | null; size: number; is_several: number; objects: number }
  graph_arrays: { name: string; part: number; data: Uint8Array }
}
