import { cutMiddle, textWidth } from './text.ts'

export interface TableColumn {
  title: string
  align: 'left' | 'right'
}

const GAP = '  '
/** No column is cut to less than this. */
const MIN_WIDTH = 12

/**
 * Lays out rows of cells under their titles. With `width` the widest left-aligned columns are cut until the lines fit;
 * numbers are never cut. No trailing blanks.
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly string[][],
  width?: number,
): string {
  const widths = columns.map((column, place) =>
    rows.reduce((widest, row) => Math.max(widest, textWidth(row[place])), textWidth(column.title)),
  )
  if (width !== undefined) shrink(columns, widths, width)
  const titles = columns.map((column) => column.title)
  const lines = [titles, ...rows].map((row) => renderLine(columns, widths, row))
  return `${lines.join('\n')}\n`
}

function renderLine(columns: readonly TableColumn[], widths: number[], row: string[]): string {
  const cells = row.map((cell, place) => {
    const text = cutMiddle(cell, widths[place])
    const blanks = ' '.repeat(widths[place] - textWidth(text))
    return columns[place].align === 'right' ? blanks + text : text + blanks
  })
  return cells.join(GAP).trimEnd()
}

function shrink(columns: readonly TableColumn[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, each) => sum + each + GAP.length, -GAP.length) - width
  while (excess > 0) {
    let widest = -1
    columns.forEach(({ align }, place) => {
      if (align === 'left' && (widest < 0 || widths[place] > widths[widest])) widest = place
    })
    if (widest < 0 || widths[widest] <= MIN_WIDTH) return
    // Down to the next widest, not all at once: two long columns share the loss.
    widths[widest]--
    excess--
  }
}
