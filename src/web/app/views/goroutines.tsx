import { useState } from 'preact/hooks'
import { type Row, useAnswer } from '../ask.ts'
import { formatBytes, formatCount, formatDuration } from '../format.ts'
import { adjust, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Filter } from '../parts/choice.tsx'
import type { TableColumn } from '../parts/columns.ts'
import { Export } from '../parts/export.tsx'
import { Bar, Name } from '../parts/names.tsx'
import { ShortTable } from '../parts/short-table.tsx'

const MOST_SHOWN = 300

interface GoroutinesAnswer {
  groups: Row[]
  totals: Row
}

/** Goroutines, those that stand at the same place in the same way together. */
export function Goroutines({ place }: { place: Place }) {
  const filter = place.params.filter ?? ''
  const asked = useAnswer<GoroutinesAnswer>('goroutines')
  return (
    <>
      <h1>Goroutines</h1>
      <div class="controls">
        <Filter label="Filter functions and states" text={filter} type={(text) => adjust({ filter: text })} />
      </div>
      <Await asked={asked}>
        {({ groups, totals }) => (
          <>
            <p class="quiet">
              {formatCount(totals.goroutines)} goroutines in {formatCount(totals.groups)} groups of the same
              stack, with {formatBytes(totals.stack_size)} of stacks. Retained adds up what each goroutine
              alone keeps alive.
            </p>
            <Groups
              groups={groups}
              count={Number(totals.groups)}
              filter={filter.toLowerCase()}
              open={place.params.group}
            />
          </>
        )}
      </Await>
    </>
  )
}

const stateOf = ({ status, wait_reason }: Row) =>
  wait_reason === null
    ? String(status)
    : status === 'waiting'
      ? String(wait_reason)
      : `${status}: ${wait_reason}`

const COLUMNS: TableColumn<Row>[] = [
  'goroutines',
  'function',
  'status',
  'wait_reason',
  'waited_ns',
  'created_by',
  'stack_size',
  'retained_size',
  'retained_count',
  'frames',
].map((name) => ({ name, title: name, value: (row) => row[name] }))

interface GroupsProps {
  groups: Row[]
  /** How many there are. */
  count: number
  filter: string
  open: string | undefined
}

function Groups({ groups, count, filter, open }: GroupsProps) {
  const shown = groups.filter((row) =>
    [row.frames, row.created_by, row.function, stateOf(row)].some(
      (text) => text !== null && String(text).toLowerCase().includes(filter),
    ),
  )
  const most = Math.max(1, Number(groups[0]?.retained_size ?? 1))
  return (
    <>
      <div class="group group-head quiet small" aria-hidden="true">
        <span>how many</span>
        <span>stand in</span>
        <span>wait for</span>
        <span>for at least</span>
        <span>retained</span>
      </div>
      <ul class="groups">
        {shown.slice(0, MOST_SHOWN).map((row) => (
          <Group key={String(row.id)} row={row} most={most} isOpen={open === String(row.id)} />
        ))}
      </ul>
      {shown.length > MOST_SHOWN && <p class="quiet">The first {MOST_SHOWN} groups; filter for others.</p>}
      <Export
        label="Goroutines by stack"
        columns={COLUMNS}
        rows={shown}
        whole={filter === '' && shown.length < count ? { table: 'goroutine-stacks' } : undefined}
        count={count}
      />
    </>
  )
}

function Group({ row, most, isOpen }: { row: Row; most: number; isOpen: boolean }) {
  const [isShown, setIsShown] = useState(isOpen)
  const frames = String(row.frames)
    .split('\n')
    .filter((line) => line !== '')
  return (
    <li>
      <details
        open={isOpen}
        onToggle={(event) => {
          setIsShown(event.currentTarget.open)
          // A link shows the group that was opened last.
          if (event.currentTarget.open) adjust({ group: Number(row.id) })
          else if (isOpen) adjust({ group: undefined })
        }}
      >
        <summary class="group">
          <b class="times">{formatCount(row.goroutines)}×</b>
          <Name text={String(row.function ?? '(no stack)')} most={70} />
          <span>{stateOf(row)}</span>
          <span class="quiet">
            {row.waited_ns === null || Number(row.waited_ns) <= 0
              ? ''
              : formatDuration(Number(row.waited_ns))}
          </span>
          <Bar bytes={Number(row.retained_size)} of={most} />
        </summary>
        <div class="columns">
          <section aria-label="Calls">
            <ol class="stack mono" start={0}>
              {frames.map((line, i) => (
                <Frame key={i} line={line} />
              ))}
            </ol>
            {row.created_by !== null && (
              <p class="quiet">
                created by <Name text={String(row.created_by)} />
              </p>
            )}
          </section>
          {isShown && <Members id={Number(row.id)} count={Number(row.goroutines)} />}
        </div>
      </details>
    </li>
  )
}

/** `function file:line` */
function Frame({ line }: { line: string }) {
  const at = line.lastIndexOf(' ')
  const name = at < 0 ? line : line.slice(0, at)
  return (
    <li>
      <span data-copy={name}>{name}</span>
      {at >= 0 && <span class="quiet small"> {line.slice(at + 1)}</span>}
    </li>
  )
}

function Members({ id, count }: { id: number; count: number }) {
  const asked = useAnswer<{ goroutines: Row[] }>('goroutine-group', { id })
  return (
    <Await asked={asked}>
      {({ goroutines }) => (
        <div class="members">
          {goroutines.length < count && <p class="quiet">The {goroutines.length} that retain most:</p>}
          <ShortTable
            label="Goroutines of the group"
            rows={goroutines}
            whole={goroutines.length < count ? { table: 'goroutine-group', params: { id } } : undefined}
            count={count}
            keyOf={(row) => Number(row.id)}
            columns={[
              {
                name: 'goid',
                title: 'goroutine',
                doc: 'its stack with variables and the objects that they hold',
                value: (row) => row.goid,
                show: (row) => <a href={linkTo('node', { id: Number(row.id) })}>{row.goid}</a>,
              },
              {
                name: 'stack_size',
                title: 'stack',
                isNumber: true,
                value: (row) => row.stack_size,
                show: (row) => formatBytes(row.stack_size),
              },
              {
                name: 'retained_size',
                title: 'retained',
                isNumber: true,
                value: (row) => row.retained_size,
                show: (row) => formatBytes(row.retained_size),
              },
            ]}
          />
        </div>
      )}
    </Await>
  )
}
