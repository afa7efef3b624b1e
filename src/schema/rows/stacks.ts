import type { AllocationStacks } from '../../model/tables.ts'
import type { TableRows } from '../write-table.ts'

export function stackTables({ stacks }: AllocationStacks): TableRows[] {
  const frames = stacks.flatMap((stack, s) =>
    stack.map((frame, depth) => ({ ...frame, stack: s + 1, depth })),
  )
  return [
    { name: 'stacks', rowCount: stacks.length, columns: [{ name: 'id', at: (row) => row + 1 }] },
    {
      name: 'stack_frames',
      rowCount: frames.length,
      columns: [
        { name: 'stack_id', at: (row) => frames[row].stack },
        { name: 'depth', at: (row) => frames[row].depth },
        { name: 'function', at: (row) => frames[row].function },
        { name: 'file', at: (row) => frames[row].file ?? null },
        { name: 'line', at: (row) => frames[row].line ?? null },
      ],
    },
  ]
}
