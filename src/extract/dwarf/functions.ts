import { GrowableColumn } from '../../base/columns.ts'
import type { FunctionTable } from './dwarf.ts'
import type { Entry } from './entry.ts'
import { forEachRange } from './ranges.ts'
import type { DebugSections } from './sections.ts'
import type { Unit } from './units.ts'

export class FunctionTableBuilder {
  readonly #lowPcs = new GrowableColumn(Float64Array)
  readonly #highPcs = new GrowableColumn(Float64Array)
  readonly #offsets = new GrowableColumn(Float64Array)

  /** Adds the code of a subprogram; one without any (declared, inlined everywhere) adds nothing. */
  add(entry: Entry, unit: Unit, sections: DebugSections): void {
    forEachRange(entry, unit, sections, (low, high) => {
      this.#lowPcs.push(low)
      this.#highPcs.push(high)
      this.#offsets.push(entry.offset)
    })
  }

  finish(): FunctionTable {
    const lowPcs = this.#lowPcs.finish()
    const highPcs = this.#highPcs.finish()
    const offsets = this.#offsets.finish()
    const order = Uint32Array.from(lowPcs, (_, row) => row).sort((a, b) => lowPcs[a] - lowPcs[b] || a - b)
    const permute = (column: Float64Array) => Float64Array.from(order, (row) => column[row])
    return { lowPcs: permute(lowPcs), highPcs: permute(highPcs), offsets: permute(offsets) }
  }
}

/** Row of the function whose code has `pc`; -1 when none has. */
export function findFunction(table: FunctionTable, pc: number): number {
  const row = lastAtOrBelow(table.lowPcs, pc)
  return row >= 0 && pc < table.highPcs[row] ? row : -1
}

/** Index of the last of ascending values that is not above `value`; -1 when all are. */
export function lastAtOrBelow(values: Float64Array, value: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle] <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
