import { type Row, useAnswer } from '../ask.ts'
import { formatBytes, formatCount } from '../format.ts'
import { goTo, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Grid } from '../parts/grid.tsx'
import { Name } from '../parts/names.tsx'

const PAGE = 100

/** Objects of one type, those that retain most first. */
export function Objects({ place }: { place: Place }) {
  const type = Number(place.params.type ?? 0)
  const offset = Number(place.params.offset ?? 0)
  const asked = useAnswer<{ type: Row | null; rows: Row[] }>('objects', { type, offset })
  return (
    <Await asked={asked}>
      {({ type: named, rows }) => (
        <>
          <h1>
            <Name text={String(named?.type ?? '(unknown)')} most={110} />
          </h1>
          <p class="quiet">
            {formatCount(named?.objects)} objects, {formatCount(named?.reachable_objects)} of them reachable;
            those that retain most first
          </p>
          <Grid
            label="Objects of the type"
            sortsInAddress={false}
            rows={rows.slice(0, PAGE)}
            open={(row) => goTo('node', { id: Number(row.id) })}
            columns={[
              {
                name: 'address',
                title: 'address',
                value: (row) => row.address,
                show: (row) => (
                  <a class="mono" href={linkTo('node', { id: Number(row.id) })}>
                    {row.address}
                  </a>
                ),
              },
              { name: 'length', title: 'elements', isNumber: true, value: (row) => row.length },
              {
                name: 'size',
                title: 'size',
                isNumber: true,
                value: (row) => Number(row.size),
                show: (row) => formatBytes(row.size),
              },
              {
                name: 'retained_size',
                title: 'retained',
                isNumber: true,
                value: (row) => row.retained_size,
                show: (row) => (row.reachable ? formatBytes(row.retained_size) : 'garbage'),
              },
              {
                name: 'retained_count',
                title: 'objects retained',
                isNumber: true,
                value: (row) => row.retained_count,
                show: (row) => (row.reachable ? formatCount(row.retained_count) : ''),
              },
              {
                name: 'distance',
                title: 'hops from a root',
                isNumber: true,
                value: (row) => row.distance,
                show: (row) => row.distance ?? '',
              },
            ]}
          />
          <p>
            {offset > 0 && (
              <a href={linkTo('objects', { type, offset: Math.max(0, offset - PAGE) })}>◂ before</a>
            )}{' '}
            {rows.length > PAGE && <a href={linkTo('objects', { type, offset: offset + PAGE })}>next ▸</a>}
          </p>
        </>
      )}
    </Await>
  )
}
