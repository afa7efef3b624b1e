import { useMemo } from 'preact/hooks'
import { type Cell, type Row, useAnswer } from '../ask.ts'
import { formatBytes, formatCount } from '../format.ts'
import { adjust, change, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Choice, Filter } from '../parts/choice.tsx'
import type { TableColumn } from '../parts/columns.ts'
import { Delta } from '../parts/delta.tsx'
import { Grid } from '../parts/grid.tsx'
import { Name } from '../parts/names.tsx'

/** Aspects of goheap diff. */
const ASPECTS = [
  ['type', 'type'],
  ['package', 'package'],
  ['module', 'module'],
  ['root', 'variable'],
  ['path', 'dominator path'],
  ['goroutine', 'goroutine stack'],
] as const

/** This heap beside an older one: what grew most first. */
export function Compare({ place }: { place: Place }) {
  const features = useAnswer<{ compare: string | null }>('features')
  return (
    <>
      <h1>Compare</h1>
      <Await asked={features}>
        {({ compare }) => (compare === null ? <HowTo /> : <Compared place={place} old={compare} />)}
      </Await>
    </>
  )
}

function HowTo() {
  return (
    <>
      <p>
        This heap stands alone. Start the viewer with an older one, and this page says what has grown since:
      </p>
      <pre>goheap serve heap.db --compare old.db</pre>
      <p class="quiet">
        The <a href={linkTo('histogram')}>histogram</a> gets columns of changes then. <code>goheap diff</code>{' '}
        compares three and more.
      </p>
    </>
  )
}

interface ComparedAnswer {
  rows: Row[]
  left: number
  old: Record<string, Cell>
  now: Record<string, Cell>
}

function Compared({ place, old: path }: { place: Place; old: string }) {
  const by = place.params.by ?? 'type'
  const filter = place.params.filter ?? ''
  const asked = useAnswer<ComparedAnswer>('compare', { by })
  return (
    <>
      <div class="controls">
        <Choice
          legend="Compare by"
          options={ASPECTS}
          chosen={by}
          choose={(group) => change({ by: group, sort: '', at: undefined })}
        />
        <Filter label="Filter names" text={filter} type={(text) => adjust({ filter: text, at: undefined })} />
      </div>
      <Await asked={asked}>
        {({ rows, left, old, now }) => (
          <>
            <p class="quiet">
              From <b>{formatBytes(old.reachable_bytes)}</b> in {formatCount(old.reachable_objects)} objects (
              <Name text={path} most={60} />) to <b>{formatBytes(now.reachable_bytes)}</b> in{' '}
              {formatCount(now.reachable_objects)}. What is the same in both is not listed
              {left > 0 ? `, nor are ${formatCount(left)} rows that changed less` : ''}.
            </p>
            {rows.length === 0 ? (
              <p>Nothing differs.</p>
            ) : (
              <Deltas
                rows={rows}
                left={left}
                by={by}
                filter={filter.toLowerCase()}
                sort={place.params.sort}
                at={place.params.at}
              />
            )}
          </>
        )}
      </Await>
    </>
  )
}

interface DeltasProps {
  by: string
  rows: Row[]
  /** Rows that are not in the page. */
  left: number
  filter: string
  sort: string | undefined
  at: string | undefined
}

function Deltas({ rows, left, by, filter, sort, at }: DeltasProps) {
  const shown = useMemo(
    () => rows.filter((row) => String(row.name).toLowerCase().includes(filter)),
    [rows, filter],
  )
  const figure = (name: string, title: string, format: (value: unknown) => string): TableColumn<Row> => ({
    name,
    title,
    isNumber: true,
    width: '7.1rem',
    value: (row) => (row[name] === null ? null : Number(row[name])),
    show: (row) => (row[name] === null ? <span class="quiet">–</span> : format(row[name])),
  })
  const changed = (name: string, title: string, format: (value: unknown) => string): TableColumn<Row> => ({
    ...figure(name, title, format),
    width: '7.1rem',
    show: (row) => <Delta value={row[name]} format={format} />,
  })
  return (
    <Grid
      label="Compared heaps"
      rows={shown}
      whole={left > 0 && filter === '' ? { table: 'compare', params: { by } } : undefined}
      count={rows.length + left}
      sort={sort}
      at={at}
      columns={[
        {
          name: 'name',
          title: 'name',
          width: 'minmax(17rem, 1fr)',
          value: (row) => row.name,
          show: nameOf(by),
        },
        figure('old_count', 'old count', formatCount),
        figure('new_count', 'new count', formatCount),
        changed('count_delta', 'count ±', formatCount),
        figure('old_retained', 'old retained', formatBytes),
        figure('new_retained', 'new retained', formatBytes),
        changed('retained_delta', 'retained ±', formatBytes),
      ]}
    />
  )
}

const nameOf = (by: string) => (row: Row) => {
  const name = <Name text={String(row.name)} taken={row.state === 'changed' ? 0 : 7} />
  const address = addressOf(row, by)
  return (
    <>
      {row.state !== 'changed' && <span class="tag">{row.state}</span>}
      {address === undefined ? name : <a href={address}>{name}</a>}
    </>
  )
}

/** Where the newer heap has it. */
function addressOf(row: Row, by: string): string | undefined {
  if (row.state === 'gone') return undefined
  if (by === 'type') return linkTo('histogram', { filter: filterOf(row, by) })
  if (by === 'goroutine') return linkTo('goroutines', { filter: filterOf(row, by) })
  return row.example_id === null ? undefined : linkTo('node', { id: Number(row.example_id) })
}

/** Of goroutines the name is their state and calls: the innermost call finds them. */
const filterOf = ({ name }: Row, by: string) =>
  by === 'goroutine' ? (/: (?:runtime\.\S+ < )*(\S+)/.exec(String(name))?.[1] ?? '') : String(name)
