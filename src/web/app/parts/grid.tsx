import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { WholeTable } from '../ask.ts'
import { adjust } from '../location.ts'
import { sortRows, type TableColumn } from './columns.ts'
import { Export } from './export.tsx'
import { LETTER_WIDTH, Room } from './names.tsx'
import { useWidth } from './width.ts'

interface GridProps<R> {
  /** Of the table, for screen readers and file names. */
  label: string
  columns: TableColumn<R>[]
  rows: readonly R[]
  /** What Enter and a double click open. */
  open?: (row: R) => void
  /** `column` or `-column`, from the address; absent: the order of the rows. */
  sort?: string | undefined
  /** Number of the row that is chosen first, from the address. */
  at?: string | undefined
  /** The address has the order and the row: parameters `sort` and `at`. False for a second table on a page. */
  isInAddress?: boolean
  /** Most rows that are visible at once; the rest scrolls. */
  visible?: number
  /** For Export, where the rows are a part of the table. */
  whole?: WholeTable | undefined
  count?: number | undefined
}

const ROW_HEIGHT = 28
const SPARE = 8
/** Of a cell, left and right. */
const PADDING = 20
/** Rows are walked faster than an address may change. */
const ADDRESS_PAUSE_MS = 250

/** A table of any length: only rows in sight are in the page. Arrow keys move, Enter opens. */
export function Grid<R>({
  label,
  columns,
  rows,
  open,
  sort,
  at,
  isInAddress = true,
  visible = 22,
  whole,
  count,
}: GridProps<R>) {
  const [ownSort, setOwnSort] = useState(sort)
  const order = isInAddress ? sort : ownSort
  const sorted = useMemo(() => sortRows(rows, columns, order), [rows, order])
  const [top, setTop] = useState(0)
  const [current, setCurrent] = useState(Math.min(Number(at ?? 0), Math.max(0, rows.length - 1)) || 0)
  const scroller = useRef<HTMLDivElement>(null)
  const rooms = useRooms(scroller, columns)
  const isFirst = useRef(true)
  useEffect(() => {
    if (isFirst.current) isFirst.current = false
    else setCurrent(0)
  }, [rows, order])
  useLayoutEffect(() => {
    const box = scroller.current
    if (box === null) return
    // The head stands on the first ROW_HEIGHT pixels.
    const place = current * ROW_HEIGHT
    if (place < box.scrollTop) box.scrollTop = place
    else if (place + 2 * ROW_HEIGHT > box.scrollTop + box.clientHeight) {
      box.scrollTop = place + 2 * ROW_HEIGHT - box.clientHeight
    }
  }, [current])
  const keep = () => {
    if (isInAddress && String(current) !== (at ?? '0')) adjust({ at: current || undefined })
  }
  useEffect(() => {
    const timer = setTimeout(keep, ADDRESS_PAUSE_MS)
    return () => clearTimeout(timer)
  }, [current])

  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - SPARE)
  const last = Math.min(sorted.length, first + visible + 2 * SPARE)
  const template = columns
    .map((column) => column.width ?? (column.isNumber ? '8rem' : 'minmax(10rem, 1fr)'))
    .join(' ')
  const choose = (column: TableColumn<R>) => {
    const descends =
      order === `-${column.name}` ? false : order === column.name ? true : (column.isNumber ?? false)
    const next = descends ? `-${column.name}` : column.name
    if (isInAddress) adjust({ sort: next, at: undefined })
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
      setCurrent((row) => Math.max(0, Math.min(sorted.length - 1, row + move)))
      event.preventDefault()
    } else if (
      event.key === 'Enter' &&
      event.target === event.currentTarget &&
      sorted[current] !== undefined
    ) {
      keep()
      open?.(sorted[current])
    }
  }
  return (
    <div>
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
            onClick={() => {
              setCurrent(first + i)
              // Before a link in the row leads away: the way back is to this row.
              if (isInAddress) adjust({ at: first + i || undefined })
            }}
            onDblClick={() => open?.(row)}
          >
            {columns.map((column, place) => (
              <div key={column.name} role="gridcell" class={column.isNumber ? 'number' : ''}>
                <Room.Provider value={rooms[place]}>
                  {column.show ? column.show(row) : (column.value(row) ?? <span class="quiet">–</span>)}
                </Room.Provider>
              </div>
            ))}
          </div>
        ))}
        <div role="presentation" style={{ height: `${(sorted.length - last) * ROW_HEIGHT}px` }} />
      </div>
      <Export {...{ label, columns, whole, count }} rows={sorted} />
    </div>
  )
}

/** Letters that the cells of each column have room for. */
function useRooms<R>(
  scroller: { current: HTMLElement | null },
  columns: readonly TableColumn<R>[],
): (number | undefined)[] {
  const width = useWidth(scroller)
  const [rooms, setRooms] = useState<number[]>([])
  const key = columns.map(({ name }) => name).join()
  useLayoutEffect(() => {
    const heads = scroller.current?.querySelectorAll<HTMLElement>('[role=columnheader]') ?? []
    setRooms(Array.from(heads, (head) => Math.floor((head.clientWidth - PADDING) / LETTER_WIDTH)))
  }, [width, key])
  return rooms
}
