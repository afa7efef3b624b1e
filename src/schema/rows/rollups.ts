import { isMapPart } from '../../model/map-parts.ts'
import { NONE } from '../../model/types.ts'
import type { Rollups } from '../rollups/rollups.ts'
import type { TableRows } from '../write-table.ts'

/** group_totals, package_owners, dominator_paths, package_paths, dominated_types, goroutine_stacks and goroutine_stack_members. */
export function rollupTables(rollups: Rollups, firstRootId: number): TableRows[] {
  return [
    groupTable(rollups),
    ownerTable(rollups),
    pathTable(rollups),
    packageTable(rollups),
    childTable(rollups),
    ...goroutineTables(rollups, firstRootId),
  ]
}

function groupTable({ groups }: Rollups): TableRows {
  return {
    name: 'group_totals',
    rowCount: groups.length,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'grouping', at: (row) => groups[row].grouping },
      { name: 'name', at: (row) => groups[row].name ?? null },
      { name: 'objects', at: (row) => groups[row].objects },
      { name: 'bytes', at: (row) => groups[row].bytes },
      { name: 'reachable_objects', at: (row) => groups[row].reachableObjects },
      { name: 'reachable_bytes', at: (row) => groups[row].reachableBytes },
      { name: 'dominated_size', at: (row) => groups[row].dominatedSize },
      { name: 'dominated_count', at: (row) => groups[row].dominatedObjects },
    ],
  }
}

function ownerTable({ owners }: Rollups): TableRows {
  return {
    name: 'package_owners',
    rowCount: owners.length,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'package', at: (row) => owners[row].package ?? null },
      { name: 'module_id', at: (row) => plusOne(owners[row].module) },
      { name: 'objects', at: (row) => owners[row].objects },
      { name: 'bytes', at: (row) => owners[row].bytes },
    ],
  }
}

function pathTable({ paths: { rows } }: Rollups): TableRows {
  return {
    name: 'dominator_paths',
    rowCount: rows.length,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'parent_id', at: (row) => (rows[row].parent === NONE ? null : rows[row].parent + 1) },
      { name: 'level', at: (row) => rows[row].level },
      { name: 'kind', at: (row) => rows[row].kind },
      { name: 'name', at: (row) => rows[row].name },
      { name: 'label', at: (row) => rows[row].label },
      { name: 'type_id', at: (row) => (rows[row].type === NONE ? null : rows[row].type + 1) },
      { name: 'is_map_part', at: (row) => Number(rows[row].kind === 'object' && isMapPart(rows[row].name)) },
      { name: 'nodes', at: (row) => rows[row].nodes },
      { name: 'objects', at: (row) => rows[row].objects },
      { name: 'size', at: (row) => rows[row].size },
      { name: 'retained_size', at: (row) => rows[row].retainedSize },
      { name: 'node_id', at: (row) => rows[row].biggest + 1 },
    ],
  }
}

function packageTable({ packages: { rows } }: Rollups): TableRows {
  return {
    name: 'package_paths',
    rowCount: rows.length,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      { name: 'parent_id', at: (row) => (rows[row].parent === NONE ? null : rows[row].parent + 1) },
      { name: 'level', at: (row) => rows[row].level },
      { name: 'package', at: (row) => rows[row].package ?? null },
      { name: 'nodes', at: (row) => rows[row].nodes },
      { name: 'objects', at: (row) => rows[row].objects },
      { name: 'size', at: (row) => rows[row].size },
      { name: 'retained_size', at: (row) => rows[row].retainedSize },
      { name: 'node_id', at: (row) => rows[row].biggest + 1 },
    ],
  }
}

function childTable({ children }: Rollups): TableRows {
  return {
    name: 'dominated_types',
    rowCount: children.length,
    columns: [
      { name: 'id', at: (row) => row + 1 },
      // NONE, of what nothing dominates, becomes 0.
      { name: 'idom_id', at: (row) => children[row].idom + 1 },
      { name: 'type_id', at: (row) => (children[row].type === NONE ? null : children[row].type + 1) },
      { name: 'objects', at: (row) => children[row].objects },
      { name: 'size', at: (row) => children[row].size },
      { name: 'retained_size', at: (row) => children[row].retainedSize },
      { name: 'retained_count', at: (row) => children[row].retainedCount },
      { name: 'node_id', at: (row) => children[row].biggest + 1 },
    ],
  }
}

function goroutineTables({ goroutines }: Rollups, firstRootId: number): TableRows[] {
  const members = goroutines.flatMap(({ roots }, stack) => roots.map((root) => ({ root, stack })))
  members.sort((a, b) => a.root - b.root)
  return [
    {
      name: 'goroutine_stacks',
      rowCount: goroutines.length,
      columns: [
        { name: 'id', at: (row) => row + 1 },
        { name: 'goroutines', at: (row) => goroutines[row].roots.length },
        { name: 'status', at: (row) => goroutines[row].status },
        { name: 'wait_reason', at: (row) => goroutines[row].waitReason ?? null },
        { name: 'waiting_since_ns', at: (row) => goroutines[row].waitingSinceNs ?? null },
        { name: 'function', at: (row) => goroutines[row].function ?? null },
        { name: 'caller', at: (row) => goroutines[row].caller ?? null },
        { name: 'created_by', at: (row) => goroutines[row].createdBy ?? null },
        { name: 'frames', at: (row) => goroutines[row].frames },
        { name: 'stack_size', at: (row) => goroutines[row].stackSize },
        { name: 'retained_size', at: (row) => goroutines[row].retainedSize },
        { name: 'retained_count', at: (row) => goroutines[row].retainedCount },
        { name: 'goroutine_id', at: (row) => goroutines[row].roots[0] + firstRootId },
      ],
    },
    {
      name: 'goroutine_stack_members',
      rowCount: members.length,
      columns: [
        { name: 'goroutine_id', at: (row) => members[row].root + firstRootId },
        { name: 'stack_id', at: (row) => members[row].stack + 1 },
      ],
    },
  ]
}

function plusOne(row: number | undefined): number | null {
  return row === undefined ? null : row + 1
}
