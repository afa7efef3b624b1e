import type { WholeTable } from '../ask.ts'
import type { TableColumn } from './columns.ts'
import { Export } from './export.tsx'

interface ShortTableProps<R> {
  /** Of the table, for screen readers and file names. */
  label: string
  columns: readonly TableColumn<R>[]
  rows: readonly R[]
  keyOf: (row: R) => string | number
  /** For Export, where the rows are a part of the table. */
  whole?: WholeTable | undefined
  count?: number | undefined
}

/** A table of some tens of rows, all of them in the page; long names go on in a second line. */
export function ShortTable<R>({ label, columns, rows, keyOf, whole, count }: ShortTableProps<R>) {
  return (
    <div>
      <table class="short" aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ name, title, doc, isNumber, width }) => (
              <th key={name} scope="col" class={isNumber ? 'number' : ''} title={doc} style={{ width }}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.name} class={column.isNumber ? 'number' : ''}>
                  {column.show ? column.show(row) : (column.value(row) ?? <span class="quiet">–</span>)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Export {...{ label, columns, rows, whole, count }} />
    </div>
  )
}
