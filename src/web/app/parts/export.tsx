import { formatCount, toCsv } from '../format.ts'
import type { TableColumn } from './columns.ts'

interface ExportProps<R> {
  /** Names the file. */
  label: string
  columns: readonly TableColumn<R>[]
  rows: readonly R[]
}

/** How many rows a table has, and buttons that save it as it is shown. */
export function Export<R>({ label, columns, rows }: ExportProps<R>) {
  const save = (extension: 'csv' | 'json') => {
    const names = columns.map(({ name }) => name)
    const cells = rows.map((row) => columns.map((column) => column.value(row)))
    const text =
      extension === 'csv'
        ? toCsv(names, cells)
        : JSON.stringify(
            cells.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]]))),
            null,
            1,
          )
    const link = document.createElement('a')
    link.href = URL.createObjectURL(
      new Blob([text], { type: extension === 'csv' ? 'text/csv' : 'application/json' }),
    )
    link.download = `${label.toLowerCase().replaceAll(/\W+/g, '-')}.${extension}`
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return (
    <p class="table-foot quiet">
      {formatCount(rows.length)} {rows.length === 1 ? 'row' : 'rows'} · save as{' '}
      <button type="button" class="plain" onClick={() => save('csv')} aria-label={`Save ${label} as CSV`}>
        CSV
      </button>{' '}
      <button type="button" class="plain" onClick={() => save('json')} aria-label={`Save ${label} as JSON`}>
        JSON
      </button>
    </p>
  )
}
