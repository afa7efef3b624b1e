import { useState } from 'preact/hooks'
import { askExport, type WholeTable } from '../ask.ts'
import { formatCount, toCsv } from '../format.ts'
import type { TableColumn } from './columns.ts'

type Format = 'csv' | 'json'

interface ExportProps<R> {
  /** Names the file. */
  label: string
  columns: readonly TableColumn<R>[]
  /** Those in the page, in the order in which they stand. */
  rows: readonly R[]
  /** Asks the server for all rows, when those in the page are a part; undefined: they are all. */
  whole?: WholeTable | undefined
  /** How many rows that are, when it is known. */
  count?: number | undefined
  /** What is saved, where the page does not show rows. */
  what?: string
}

/** How many rows a table has, and buttons that save it: as it is shown, or the whole of it where a part is shown. */
export function Export<R>({ label, columns, rows, whole, count, what }: ExportProps<R>) {
  const [state, setState] = useState('')
  const save = async (format: Format) => {
    const name = `${label.toLowerCase().replaceAll(/\W+/g, '-')}.${format}`
    if (whole === undefined) return saveRows(name, format, columns, rows)
    setState('Getting ready…')
    try {
      saveAs(name, await askExport(whole, format))
      setState('')
    } catch (error) {
      setState(error instanceof Error ? error.message : String(error))
    }
  }
  const words = whole === undefined ? 'save as' : 'save all as'
  return (
    <p class="table-foot quiet">
      {what ?? countText(rows.length, whole, count)} · {words} <Save {...{ label, save, format: 'csv' }} />{' '}
      <Save {...{ label, save, format: 'json' }} /> <span role="status">{state}</span>
    </p>
  )
}

function countText(shown: number, whole: WholeTable | undefined, count: number | undefined): string {
  const rows = (number: number) => `${formatCount(number)} ${number === 1 ? 'row' : 'rows'}`
  if (whole === undefined || count === shown) return rows(shown)
  return count === undefined ? `${rows(shown)} here` : `${formatCount(shown)} of ${rows(count)}`
}

interface SaveProps {
  label: string
  format: Format
  save: (format: Format) => unknown
}

function Save({ label, format, save }: SaveProps) {
  const name = format.toUpperCase()
  return (
    <button type="button" class="plain" onClick={() => save(format)} aria-label={`Save ${label} as ${name}`}>
      {name}
    </button>
  )
}

function saveRows<R>(
  name: string,
  format: Format,
  columns: readonly TableColumn<R>[],
  rows: readonly R[],
): void {
  const names = columns.map((column) => column.name)
  const cells = rows.map((row) => columns.map((column) => column.value(row)))
  const text =
    format === 'csv'
      ? toCsv(names, cells)
      : JSON.stringify(
          cells.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]]))),
          null,
          1,
        )
  const type = format === 'csv' ? 'text/csv' : 'application/json'
  const address = URL.createObjectURL(new Blob([text], { type }))
  saveAs(name, address)
  URL.revokeObjectURL(address)
}

function saveAs(name: string, address: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
}
