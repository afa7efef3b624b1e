import type { Cell, Column } from '../ask.ts'
import { formatBytes, formatCount, formatPercent } from '../format.ts'
import { linkTo } from '../location.ts'
import { Chart, type ChartSpec } from './chart.tsx'
import { Grid, type GridColumn } from './grid.tsx'
import { Name } from './names.tsx'

/** A query's result: its header says how to show each column. */
export function Result({
  label,
  columns,
  rows,
  visible,
  chart,
}: {
  label: string
  columns: Column[]
  rows: Cell[][]
  visible?: number
  chart?: ChartSpec | undefined
}) {
  const shown: GridColumn<Cell[]>[] = columns.map(({ name, format, doc }, i) => {
    const isNumber =
      rows.some((row) => row[i] !== null) &&
      rows.every((row) => row[i] === null || typeof row[i] === 'number')
    return {
      name: `${i}-${name}`,
      title: name,
      doc,
      isNumber,
      value: (row) => row[i],
      show: (row) => showCell(row[i], format, name),
    }
  })
  return (
    <>
      {chart !== undefined && <Chart spec={chart} columns={columns} rows={rows} />}
      <Grid
        label={label}
        columns={shown}
        rows={rows}
        sortsInAddress={false}
        {...(visible === undefined ? {} : { visible })}
      />
    </>
  )
}

function showCell(cell: Cell, format: string, name: string) {
  if (cell === null) return <span class="quiet">–</span>
  if (typeof cell === 'number') {
    if (format === 'bytes') return formatBytes(cell)
    if (format === 'percent') return formatPercent(cell)
    if (format === 'duration') return `${(cell / 1e9).toFixed(1)} s`
    if (format === 'count') return formatCount(cell)
    if (format === 'address') return <span class="mono">0x{cell.toString(16)}</span>
    if (
      format === 'node' ||
      (format === '-' && /^(object|node|target|source|root|idom|parent)_id$/.test(name))
    ) {
      return <a href={linkTo('node', { id: cell })}>{cell}</a>
    }
    return String(cell)
  }
  return <Name text={cell} most={100} />
}
