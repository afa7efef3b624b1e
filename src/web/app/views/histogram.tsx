import { useMemo } from 'preact/hooks'
import { type Row, useAnswer } from '../ask.ts'
import { formatBytes, formatCount } from '../format.ts'
import { adjust, change, goTo, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Choice, Filter } from '../parts/choice.tsx'
import type { TableColumn } from '../parts/columns.ts'
import { Delta } from '../parts/delta.tsx'
import { Grid } from '../parts/grid.tsx'
import { Bar, Name } from '../parts/names.tsx'

const GROUPS = [
  ['type', 'type'],
  ['package', 'package'],
  ['module', 'module'],
  ['kind', 'kind'],
  ['size', 'slot size'],
] as const

/** Objects by type, package, module, kind or size class. */
export function Histogram({ place }: { place: Place }) {
  const by = place.params.by ?? 'type'
  const filter = place.params.filter ?? ''
  const asked = useAnswer<{ rows: Row[] }>('histogram', { by })
  return (
    <>
      <h1>Histogram</h1>
      <div class="controls">
        <Choice
          legend="Group by"
          options={GROUPS}
          chosen={by}
          choose={(group) => change({ by: group, sort: '', at: undefined })}
        />
        <Filter label="Filter names" text={filter} type={(text) => adjust({ filter: text, at: undefined })} />
      </div>
      <Await asked={asked}>
        {({ rows }) => (
          <Rows rows={rows} by={by} filter={filter} sort={place.params.sort} at={place.params.at} />
        )}
      </Await>
    </>
  )
}

interface RowsProps {
  rows: Row[]
  by: string
  filter: string
  sort: string | undefined
  at: string | undefined
}

function Rows({ rows, by, filter, sort = '-reachable_bytes', at }: RowsProps) {
  const wanted = filter.toLowerCase()
  const shown = useMemo(
    () => rows.filter(({ name }) => String(name).toLowerCase().includes(wanted)),
    [rows, wanted],
  )
  const bytesOf = (some: readonly Row[]) => some.reduce((sum, row) => sum + Number(row.reachable_bytes), 0)
  const total = useMemo(() => bytesOf(rows), [rows])
  return (
    <>
      <p class="quiet">
        {wanted === '' ? '' : `${formatCount(shown.length)} of ${formatCount(rows.length)} rows with `}
        {formatBytes(wanted === '' ? total : bytesOf(shown))} of reachable objects. Sizes are those of the
        objects themselves; retained is what becomes garbage with them, at least.
      </p>
      <Grid
        label={`Histogram by ${by}`}
        columns={columnsOf(by, total, rows[0]?.delta_bytes !== undefined)}
        rows={shown}
        sort={sort}
        at={at}
        open={(row) => {
          const link = linkOf(row, by)
          if (link !== undefined) goTo(link.view, link.params)
        }}
      />
    </>
  )
}

function columnsOf(by: string, total: number, isCompared: boolean): TableColumn<Row>[] {
  const figure = (
    name: string,
    title: string,
    doc: string,
    format: (value: unknown) => string,
  ): TableColumn<Row> => ({
    name,
    title,
    doc,
    isNumber: true,
    width: '6.6rem',
    value: (row) => (row[name] === null ? null : Number(row[name])),
    show: (row) => (row[name] === null ? '–' : format(row[name])),
  })
  const changed = (name: string, title: string, doc: string, format: (value: unknown) => string) => ({
    ...figure(name, title, doc, format),
    width: '7.1rem',
    show: (row: Row) => <Delta value={row[name]} format={format} />,
  })
  return [
    by === 'size'
      ? { ...figure('name', 'slot size', 'bytes that an object of the class takes', formatBytes) }
      : {
          name: 'name',
          title: by,
          width: 'minmax(17rem, 1fr)',
          value: (row) => row.name,
          show: (row) => <GroupName row={row} by={by} />,
        },
    figure('reachable_objects', 'objects', 'objects that a root reaches', formatCount),
    {
      ...figure('reachable_bytes', 'size', 'slot bytes of reachable objects', formatBytes),
      show: (row) => <Bar bytes={Number(row.reachable_bytes)} of={total} />,
      width: '9.5rem',
    },
    ...(isCompared
      ? [
          changed(
            'delta_objects',
            'objects ±',
            'change of reachable objects since the older heap',
            formatCount,
          ),
          changed('delta_bytes', 'size ±', 'change of reachable bytes since the older heap', formatBytes),
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
    figure('objects', 'all objects', 'garbage included', formatCount),
    figure('bytes', 'all bytes', 'slot bytes, garbage included', formatBytes),
  ]
}

/** Objects of a type; types of a package. */
function linkOf(row: Row, by: string): { view: string; params: Record<string, string | number> } | undefined {
  if (by === 'type' && row.type_id !== null) return { view: 'objects', params: { type: Number(row.type_id) } }
  if (by === 'package' && row.name !== '(none)') {
    return { view: 'histogram', params: { filter: `${row.name}.` } }
  }
  return undefined
}

function GroupName({ row, by }: { row: Row; by: string }) {
  const link = linkOf(row, by)
  const name = <Name text={String(row.name)} taken={by === 'package' ? 7 : 0} />
  if (link === undefined) return name
  return (
    <>
      <a href={linkTo(link.view, link.params)}>{name}</a>
      {by === 'package' && (
        <>
          {' '}
          <a
            class="small"
            aria-label={`paths to objects of ${row.name}`}
            href={linkTo('objects', { package: String(row.name) })}
          >
            paths
          </a>
        </>
      )}
    </>
  )
}
