import { useMemo } from 'preact/hooks'
import { type Row, useAnswer } from '../ask.ts'
import { formatBytes, formatCount, formatDelta } from '../format.ts'
import { adjust, goTo, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Grid, type GridColumn } from '../parts/grid.tsx'
import { Bar, Name } from '../parts/names.tsx'

const GROUPS = ['type', 'package', 'module', 'kind', 'size']

/** Objects by type, package, module, kind or size class. */
export function Histogram({ place }: { place: Place }) {
  const by = place.params.by ?? 'type'
  const asked = useAnswer<{ rows: Row[] }>('histogram', { by })
  return (
    <>
      <h1>Histogram</h1>
      <div class="controls">
        <fieldset>
          <legend class="hidden">Group by</legend>
          {GROUPS.map((group) => (
            <label key={group}>
              <input
                type="radio"
                name="by"
                checked={group === by}
                onChange={() => adjust({ by: group, sort: '' })}
              />
              {group === 'size' ? 'slot size' : group}
            </label>
          ))}
        </fieldset>
        <input
          type="search"
          aria-label="Filter names"
          placeholder="filter"
          value={place.params.filter ?? ''}
          onInput={(event) => adjust({ filter: event.currentTarget.value })}
        />
      </div>
      <Await asked={asked}>
        {({ rows }) => (
          <Rows rows={rows} by={by} filter={place.params.filter ?? ''} sort={place.params.sort} />
        )}
      </Await>
    </>
  )
}

function Rows({
  rows,
  by,
  filter,
  sort,
}: {
  rows: Row[]
  by: string
  filter: string
  sort: string | undefined
}) {
  const wanted = filter.toLowerCase()
  const shown = useMemo(
    () => rows.filter(({ name }) => String(name).toLowerCase().includes(wanted)),
    [rows, wanted],
  )
  const total = useMemo(() => rows.reduce((sum, row) => sum + Number(row.reachable_bytes), 0), [rows])
  return (
    <Grid
      label={`Histogram by ${by}`}
      columns={columnsOf(by, total, rows[0]?.delta_bytes !== undefined)}
      rows={shown}
      sort={sort}
      open={(row) => {
        if (by === 'type' && row.type_id !== null) goTo('objects', { type: Number(row.type_id) })
        else if (by === 'package') goTo('histogram', { filter: String(row.name) })
      }}
    />
  )
}

function columnsOf(by: string, total: number, isCompared: boolean): GridColumn<Row>[] {
  const figure = (
    name: string,
    title: string,
    doc: string,
    format: (value: unknown) => string,
  ): GridColumn<Row> => ({
    name,
    title,
    doc,
    isNumber: true,
    width: '8.2rem',
    value: (row) => (row[name] === null ? null : Number(row[name])),
    show: (row) => (row[name] === null ? '—' : format(row[name])),
  })
  const change = (value: unknown) => (
    <span class={Number(value) > 0 ? 'grown' : 'shrunk'}>{formatDelta(Number(value), formatBytes)}</span>
  )
  return [
    by === 'size'
      ? { ...figure('name', 'slot size', 'bytes that an object of the class takes', formatBytes) }
      : {
          name: 'name',
          title: by,
          value: (row) => row.name,
          show: (row) => <GroupName row={row} />,
        },
    figure('objects', 'all objects', 'garbage included', formatCount),
    figure('bytes', 'all bytes', 'slot bytes, garbage included', formatBytes),
    figure('reachable_objects', 'reachable', 'objects that a root reaches', formatCount),
    {
      ...figure('reachable_bytes', 'reachable bytes', 'slot bytes of reachable objects', formatBytes),
      show: (row) => <Bar bytes={Number(row.reachable_bytes)} of={total} />,
      width: '11rem',
    },
    ...(isCompared
      ? [
          {
            ...figure('delta_bytes', 'change', 'of reachable bytes since the older heap', formatBytes),
            show: (row: Row) => (row.delta_bytes === null ? '—' : change(row.delta_bytes)),
          },
          figure('delta_objects', 'objects ±', 'change of reachable objects', (value) =>
            formatDelta(Number(value), formatCount),
          ),
        ]
      : []),
    figure(
      'dominated_size',
      'retained ≥',
      'bytes that become garbage with these objects at least: each is dominated by one of them',
      formatBytes,
    ),
    ...(by === 'type'
      ? [figure('max_retained_size', 'by one', 'retained by the one object that retains most', formatBytes)]
      : []),
  ]
}

function GroupName({ row }: { row: Row }) {
  const name = <Name text={String(row.name)} most={90} />
  return row.type_id === null ? name : <a href={linkTo('objects', { type: Number(row.type_id) })}>{name}</a>
}
