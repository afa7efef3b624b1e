import { type Cell, type Column, titleOf, type WholeTable } from '../ask.ts'
import { formatBytes, formatCount, formatDuration, formatPercent } from '../format.ts'
import { linkTo } from '../location.ts'
import { Chart, type ChartSpec } from './chart.tsx'
import type { TableColumn } from './columns.ts'
import { Grid } from './grid.tsx'
import { Name } from './names.tsx'

/** A query's result: its header says how to show each column. */
export function Result({
  label,
  columns,
  rows,
  visible,
  chart,
  whole,
  count,
}: {
  label: string
  columns: Column[]
  rows: Cell[][]
  visible?: number
  chart?: ChartSpec | undefined
  whole?: WholeTable | undefined
  count?: number | undefined
}) {
  const shown: TableColumn<Cell[]>[] = columns.map((column, i) => {
    const { name, format, doc } = column
    const isNumber =
      rows.some((row) => row[i] !== null) &&
      rows.every((row) => row[i] === null || typeof row[i] === 'number')
    return {
      name: columns.findIndex((other) => other.name === name) === i ? name : `${name}_${i}`,
      title: titleOf(column),
      doc,
      isNumber,
      ...(isNumber ? { width: widthOf(titleOf(column)) } : {}),
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
        isInAddress={false}
        whole={whole}
        count={count}
        {...(visible === undefined ? {} : { visible })}
      />
    </>
  )
}

/** The title has to fit, with the mark of the order. */
const widthOf = (title: string) => `${Math.max(6.4, 0.5 * title.length + 2).toFixed(1)}rem`

function showCell(cell: Cell, format: string, name: string) {
  if (cell === null) return <span class="quiet">–</span>
  if (typeof cell === 'number') {
    if (format.startsWith('bytes')) return <span title={formatCount(cell)}>{formatBytes(cell)}</span>
    if (format === 'percent') return formatPercent(cell)
    if (format === 'duration') return formatDuration(cell)
    if (format === 'count') return formatCount(cell)
    if (format === 'address') return <span class="mono">0x{cell.toString(16)}</span>
    if (
      format === 'node' ||
      (format === '-' && /^(object|node|target|source|root|idom|parent)_id$/.test(name))
    ) {
      return <a href={linkTo('node', { id: cell })}>{cell}</a>
    }
    return Number.isInteger(cell) ? formatCount(cell) : String(cell)
  }
  if (format === 'types.name') {
    return (
      <a href={linkTo('histogram', { filter: cell })}>
        <Name text={cell} />
      </a>
    )
  }
  return <Name text={cell} />
}
