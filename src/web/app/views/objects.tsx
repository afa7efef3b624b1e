import { type Row, useAnswer } from '../ask.ts'
import { formatBytes, formatCount, retainedText } from '../format.ts'
import { adjust, change, goTo, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Choice } from '../parts/choice.tsx'
import { Grid } from '../parts/grid.tsx'
import { Name, NodeLink } from '../parts/names.tsx'
import { Picture, type Slice } from '../parts/picture.tsx'
import { layIcicle } from '../parts/picture-layout.ts'

const PAGE = 100

/** Objects of one type: those that retain most first, or how roots reach them; of a package the latter. */
export function Objects({ place }: { place: Place }) {
  const { package: ofPackage } = place.params
  return ofPackage === undefined ? <OfType place={place} /> : <OfPackage name={ofPackage} place={place} />
}

function OfPackage({ name, place }: { name: string; place: Place }) {
  return (
    <>
      <h1>
        <span class="tag">package</span>
        <Name text={name} most={110} />
      </h1>
      <p>
        How roots reach its objects. <a href={linkTo('histogram', { filter: `${name}.` })}>Its types</a>
      </p>
      <Paths of={{ package: name }} place={place} />
    </>
  )
}

function OfType({ place }: { place: Place }) {
  const type = Number(place.params.type ?? 0)
  const offset = Number(place.params.offset ?? 0)
  const shown = place.params.as === 'paths' ? 'paths' : 'list'
  const asked = useAnswer<{ type: Row; rows: Row[] }>('objects', { type, offset })
  return (
    <Await asked={asked} title="Objects">
      {({ type: named, rows }) => (
        <>
          <h1>
            <span class="tag">type</span>
            <Name text={String(named.type)} most={110} />
          </h1>
          <div class="controls">
            <Choice
              legend="Show"
              options={[
                ['list', 'each object'],
                ['paths', 'how roots reach them'],
              ]}
              chosen={shown}
              choose={(as) => change({ as: as === 'list' ? undefined : as, zoom: undefined })}
            />
            <span class="quiet">
              {formatCount(named.objects)} objects, {formatCount(named.reachable_objects)} of them reachable
            </span>
          </div>
          {shown === 'paths' ? (
            <Paths of={{ type }} place={place} />
          ) : (
            <List {...{ type, offset, rows, place }} count={Number(named.objects)} />
          )}
        </>
      )}
    </Await>
  )
}

interface ListProps {
  type: number
  offset: number
  rows: Row[]
  /** Of all pages. */
  count: number
  place: Place
}

function List({ type, offset, rows, count, place }: ListProps) {
  return (
    <>
      <Grid
        label="Objects of the type"
        sort={place.params.sort ?? '-retained_size'}
        at={place.params.at}
        rows={rows.slice(0, PAGE)}
        whole={count > PAGE ? { table: 'objects', params: { type } } : undefined}
        count={count}
        open={(row) => goTo('node', { id: Number(row.id) })}
        columns={[
          {
            name: 'address',
            title: 'address',
            width: '11rem',
            value: (row) => row.address,
            show: (row) => (
              <a class="mono" data-copy={String(row.address)} href={linkTo('node', { id: Number(row.id) })}>
                {row.address}
              </a>
            ),
          },
          {
            name: 'keeper',
            title: 'kept alive by',
            doc: 'the nearest node without which it would be garbage; none when several share it',
            value: (row) => row.keeper,
            show: (row) =>
              row.keeper === null ? (
                <span class="quiet">{row.reachable ? 'several' : '–'}</span>
              ) : (
                <NodeLink
                  id={Number(row.idom_id)}
                  kind={String(row.keeper_kind)}
                  label={String(row.keeper)}
                />
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
            show: retainedText,
          },
          {
            name: 'retained_count',
            title: 'objects retained',
            isNumber: true,
            width: '9rem',
            value: (row) => row.retained_count,
            show: (row) => (row.reachable ? formatCount(row.retained_count) : ''),
          },
          {
            name: 'distance',
            title: 'hops from a root',
            isNumber: true,
            width: '9rem',
            value: (row) => row.distance,
            show: (row) => row.distance ?? '',
          },
        ]}
      />
      <p>
        {offset > 0 && (
          <a href={linkTo('objects', { type, offset: Math.max(0, offset - PAGE) || undefined })}>◂ before</a>
        )}{' '}
        {rows.length > PAGE && (
          <a href={linkTo('objects', { type, offset: offset + PAGE })}>those that retain less ▸</a>
        )}
      </p>
    </>
  )
}

interface PathsAnswer {
  top: Slice
  looked: number
  reachable: number
}

function Paths({ of, place }: { of: Record<string, string | number>; place: Place }) {
  const asked = useAnswer<PathsAnswer>('root-paths', of)
  const zoom = Number(place.params.zoom ?? 0)
  return (
    <Await asked={asked}>
      {({ top, looked, reachable }) => {
        if (looked === 0) return <p>No root reaches any.</p>
        const way = findWay(top, zoom) ?? [top]
        const shown = way[way.length - 1]
        const outer = way[way.length - 2]?.id
        return (
          <>
            <p class="quiet">
              Each object by one shortest path from a root; paths through the same types are one. Widths are
              bytes of the objects at their ends
              {looked < reachable
                ? `: the ${formatCount(looked)} that retain most, of ${formatCount(reachable)}`
                : ''}
              .
            </p>
            <Picture
              key={shown.id}
              name="Paths from roots"
              top={shown}
              lay={layIcicle}
              highlight={place.params.find ?? ''}
              choosePackage={(find) => adjust({ find })}
              zoom={(slice) => change({ zoom: slice.id === shown.id ? outer || undefined : slice.id })}
              zoomOut={() => shown.id !== 0 && change({ zoom: outer || undefined })}
              open={(slice) =>
                slice.node !== undefined && slice.node !== 0 && goTo('node', { id: slice.node })
              }
            />
            <p class="quiet">
              Click to zoom in, click the top again to zoom out; shift-click opens one of the objects.
            </p>
          </>
        )
      }}
    </Await>
  )
}

/** Slices from the top to the one with a number; undefined when there is none. */
function findWay(top: Slice, id: number): Slice[] | undefined {
  if (top.id === id) return [top]
  for (const child of top.children) {
    const way = findWay(child, id)
    if (way !== undefined) return [top, ...way]
  }
  return undefined
}
