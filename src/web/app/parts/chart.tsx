import { type Cell, type Column, titleOf } from '../ask.ts'
import { formatBytes, formatCount } from '../format.ts'
import { Name } from './names.tsx'

export interface ChartSpec {
  /** Of the query's header; bar is drawn. */
  kind: string
  /** Name of the column of labels, and of that of values. */
  columns: string[]
}

const MOST_BARS = 20

/** Bars of the rows' biggest values: the chart that a query's header asks for. */
export function Chart({ spec, columns, rows }: { spec: ChartSpec; columns: Column[]; rows: Cell[][] }) {
  const [labels, values] = spec.columns.map((name) => columns.findIndex((column) => column.name === name))
  if (spec.kind !== 'bar' || labels < 0 || values === undefined || values < 0) return null
  // Numbers of nodes are no names: the table below says more.
  if (columns[labels].format === 'node') return null
  const shown = rows.filter((row) => Number(row[values]) > 0)
  const bars = shown.slice(0, MOST_BARS)
  // Nor are names that most bars share.
  if (2 * new Set(bars.map((row) => row[labels])).size < bars.length) return null
  const most = bars.reduce((max, row) => Math.max(max, Number(row[values])), 0)
  if (most <= 0) return null
  const formatOf = (place: number) => (columns[place].format === 'bytes' ? formatBytes : formatCount)
  const nameOf = (cell: Cell) => (typeof cell === 'number' ? formatOf(labels)(cell) : (cell ?? '–'))
  return (
    <figure class="chart">
      <figcaption class="quiet small">
        {titleOf(columns[values])} by {titleOf(columns[labels])}
        {shown.length > bars.length ? `, first ${bars.length}` : ''}
      </figcaption>
      {bars.map((row, i) => (
        <div key={i}>
          <Name text={nameOf(row[labels])} most={38} />
          <span class="track">
            <span style={{ width: `${(100 * Number(row[values])) / most}%` }} />
          </span>
          <span class="number">{formatOf(values)(row[values])}</span>
        </div>
      ))}
    </figure>
  )
}
