import { shortenPaths } from '../../base/short-paths.ts'
import { cutMiddle, textWidth } from './text.ts'

export interface TableColumn {
  title: string
  align: 'left' | 'right'
}

const GAP = '  '
/** No column is cut to less than this; where the numbers alone are too wide, so that lines wrap, to no less than the second. */
const MIN_WIDTHS = [12, 24]

/**
 * Lays out rows of cells under their titles. With `width` the widest left-aligned columns are cut until the lines fit, of
 * import paths all but the last part first; numbers are never cut. No trailing blanks.
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly string[][],
  width?: number,
): string {
  let shown = rows
  let widths = measure(columns, shown)
  if (width !== undefined) {
    const fitting = shrink(columns, widths, width)
    const isCut = widths.map((wide, place) => fitting[place] < wide)
    if (isCut.includes(true)) {
      shown = rows.map((row) => row.map((cell, place) => (isCut[place] ? shortenPaths(cell) : cell)))
      widths = shrink(columns, measure(columns, shown), width)
    }
  }
  const titles = columns.map((column) => column.title)
  const lines = [titles, ...shown].map((row) => renderLine(columns, widths, row))
  return `${lines.join('\n')}\n`
}

function measure(columns: readonly TableColumn[], rows: readonly string[][]): number[] {
  return columns.map((column, place) =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[place])), textWidth(column.title)),
  )
}

function renderLine(columns: readonly TableColumn[], widths: number[], row: string[]): string {
  const cells = row.map((cell, place) => {
    const text = cutMiddle(cell, widths[place])
    const blanks = ' '.repeat(widths[place] - textWidth(text))
    return columns[place].align === 'right' ? blanks + text : text + blanks
  })
  return cells.join(GAP).trimEnd()
}

/** Widths of which none is more than the given one, and that fit if they can. */
function shrink(columns: readonly TableColumn[], wanted: readonly number[], width: number): number[] {
  let widths = [...wanted]
  for (const least of MIN_WIDTHS) {
    widths = [...wanted]
    let excess = widths.reduce((sum, each) => sum + each + GAP.length, -GAP.length) - width
    while (excess > 0) {
      let widest = -1
      columns.forEach(({ align }, place) => {
        if (align === 'left' && (widest < 0 || widths[place] > widths[widest])) widest = place
      })
      if (widest < 0 || widths[widest] <= least) break
      // Down to the next widest, not all at once: two long columns share the loss.
      widths[widest]--
      excess--
    }
    if (excess <= 0) break
  }
  return widths
}
