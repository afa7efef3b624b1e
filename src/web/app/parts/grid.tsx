import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { toCsv } from '../format.ts'
import { adjust } from '../location.ts'

export interface GridColumn<R> {
  name: string
  title: string
  doc?: string
  /** What to sort by and to export. */
  value: (row: R) => number | string | null
  /** How to show it; the value as it is when missing. */
  show?: (row: R) => ComponentChildren
  /** Numbers stand right, and sort from the biggest on. */
  isNumber?: boolean
  /** CSS grid track; default minmax(7rem, auto). */
  width?: string
}

interface GridProps<R> {
  /** Of the table, for screen readers and file names. */
  label: string
  columns: GridColumn<R>[]
  rows: readonly R[]
  /** What Enter and a double click open. */
  open?: (row: R) => void
  /** `column` or `-column`, from the address; absent: the order of the rows. */
  sort?: string | undefined
  /** The address has the order: parameter `sort`. False for a second table on a page. */
  sortsInAddress?: boolean
  /** Most rows that are visible at once; the rest scrolls. */
  visible?: number
}

const ROW_HEIGHT = 28
const SPARE = 8

/** A table of any length: only rows in sight are in the page. Arrow keys move, Enter opens, c copies. */
export function Grid<R>({
  label,
  columns,
  rows,
  open,
  sort,
  sortsInAddress = true,
  visible = 22,
}: GridProps<R>) {
  const [ownSort, setOwnSort] = useState(sort)
  const order = sortsInAddress ? sort : ownSort
  const sorted = useMemo(() => sortRows(rows, columns, order), [rows, order])
  const [top, setTop] = useState(0)
  const [current, setCurrent] = useState(0)
  const scroller = useRef<HTMLDivElement>(null)
  useEffect(() => setCurrent(0), [rows, order])
  useLayoutEffect(() => {
    const box = scroller.current
    if (box === null) return
    // The head stands on the first ROW_HEIGHT pixels.
    const at = current * ROW_HEIGHT
    if (at < box.scrollTop) box.scrollTop = at
    else if (at + 2 * ROW_HEIGHT > box.scrollTop + box.clientHeight) {
      box.scrollTop = at + 2 * ROW_HEIGHT - box.clientHeight
    }
  }, [current])

  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE)
  const last = Math.min(sorted.length, first + visible + 2 * SPARE)
  const template = columns
    .map((column) => column.width ?? (column.isNumber ? '9rem' : 'minmax(10rem, 1fr)'))
    .join(' ')
  const choose = (column: GridColumn<R>) => {
    const descends =
      order === `-${column.name}` ? false : order === column.name ? true : (column.isNumber ?? false)
    const next = descends ? `-${column.name}` : column.name
    if (sortsInAddress) adjust({ sort: next })
    else setOwnSort(next)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const page = visible - 2
    const moves: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -sorted.length,
      End: sorted.length,
    }
    const move = moves[event.key]
    if (move !== undefined) {
      // Keys can come faster than they are shown.
      setCurrent((at) => Math.max(0, Math.min(sorted.length - 1, at + move)))
      event.preventDefault()
    } else if (
      event.key === 'Enter' &&
      event.target === event.currentTarget &&
      sorted[current] !== undefined
    ) {
      open?.(sorted[current])
    } else if (event.key === 'c' && !event.ctrlKey && !event.metaKey) {
      const text = scroller.current
        ?.querySelector(`[aria-rowindex="${current + 2}"] [data-copy]`)
        ?.getAttribute('data-copy')
      if (text) void navigator.clipboard?.writeText(text)
    }
  }
  return (
    <div class="grid-box">
      <div
        class="grid"
        role="grid"
        aria-label={label}
        aria-rowcount={sorted.length + 1}
        tabIndex={0}
        ref={scroller}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={onKeyDown}
        style={{ maxHeight: `${(visible + 1) * ROW_HEIGHT + 2}px`, '--columns': template }}
      >
        <div class="grid-head grid-row" role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <div
              key={column.name}
              role="columnheader"
              class={column.isNumber ? 'number' : ''}
              aria-sort={
                order === column.name ? 'ascending' : order === `-${column.name}` ? 'descending' : 'none'
              }
            >
              <button type="button" title={column.doc ?? column.title} onClick={() => choose(column)}>
                {column.title}
                {order === column.name ? ' ▴' : order === `-${column.name}` ? ' ▾' : ''}
              </button>
            </div>
          ))}
        </div>
        <div role="presentation" style={{ height: `${first * ROW_HEIGHT}px` }} />
        {sorted.slice(first, last).map((row, i) => (
          <div
            key={first + i}
            role="row"
            aria-rowindex={first + i + 2}
            aria-selected={first + i === current}
            class={`grid-row${first + i === current ? ' current' : ''}`}
            onClick={() => setCurrent(first + i)}
            onDblClick={() => open?.(row)}
          >
            {columns.map((column) => (
              <div key={column.name} role="gridcell" class={column.isNumber ? 'number' : ''}>
                {column.show ? column.show(row) : (column.value(row) ?? <span class="quiet">unknown</span>)}
              </div>
            ))}
          </div>
        ))}
        <div role="presentation" style={{ height: `${(sorted.length - last) * ROW_HEIGHT}px` }} />
      </div>
      <Export label={label} columns={columns} rows={sorted} />
    </div>
  )
}

function Export<R>({
  label,
  columns,
  rows,
}: {
  label: string
  columns: GridColumn<R>[]
  rows: readonly R[]
}) {
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
    <p class="grid-foot quiet">
      {rows.length.toLocaleString('en-US')} {rows.length === 1 ? 'row' : 'rows'} ·{' '}
      <button type="button" class="plain" onClick={() => save('csv')}>
        CSV
      </button>{' '}
      <button type="button" class="plain" onClick={() => save('json')}>
        JSON
      </button>
    </p>
  )
}

function sortRows<R>(rows: readonly R[], columns: GridColumn<R>[], order: string | undefined): readonly R[] {
  const column = columns.find(({ name }) => name === order?.replace(/^-/, ''))
  if (order === undefined || column === undefined) return rows
  const sign = order.startsWith('-') ? -1 : 1
  const keyed = rows.map((row, place) => ({ row, place, key: column.value(row) }))
  // What is not known comes last either way.
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null)
    const less =
      typeof a.key === 'number' && typeof b.key === 'number'
        ? a.key - b.key
        : String(a.key) < String(b.key)
          ? -1
          : String(a.key) > String(b.key)
            ? 1
            : 0
    return sign * less || a.place - b.place
  })
  return keyed.map(({ row }) => row)
}
