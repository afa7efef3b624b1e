import { useMemo } from 'preact/hooks'
import { type Cell, type Row, useAnswer } from '../ask.ts'
import { formatBytes, formatCount, formatDelta } from '../format.ts'
import { adjust, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Grid, type GridColumn } from '../parts/grid.tsx'
import { Name } from '../parts/names.tsx'

/** Aspects of goheap diff. */
const ASPECTS = ['type', 'package', 'module', 'root', 'path', 'goroutine']
const TITLES: Record<string, string> = { root: 'variable', path: 'dominator path' }

/** This heap beside an older one: what grew most first. */
export function Compare({ place }: { place: Place }) {
  const by = place.params.by ?? 'type'
  const filter = (place.params.filter ?? '').toLowerCase()
  const asked = useAnswer<{ rows: Row[]; old: Record<string, Cell> }>('compare', { by })
  return (
    <>
      <h1>Compare</h1>
      <div class="controls">
        <fieldset>
          <legend class="hidden">Compare by</legend>
          {ASPECTS.map((group) => (
            <label key={group}>
              <input
                type="radio"
                name="by"
                checked={group === by}
                onChange={() => adjust({ by: group, sort: '' })}
              />
              {TITLES[group] ?? group}
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
        {({ rows, old }) => (
          <>
            <p class="quiet">
              Old: {String(old.core_file ?? '')}, {formatBytes(old.reachable_bytes)} reachable. What is the
              same in both is not listed.
            </p>
            <Deltas rows={rows} filter={filter} sort={place.params.sort} />
          </>
        )}
      </Await>
    </>
  )
}

function Deltas({ rows, filter, sort }: { rows: Row[]; filter: string; sort: string | undefined }) {
  const shown = useMemo(
    () => rows.filter((row) => String(row.name).toLowerCase().includes(filter)),
    [rows, filter],
  )
  const figure = (name: string, title: string, format: (value: unknown) => string): GridColumn<Row> => ({
    name,
    title,
    isNumber: true,
    width: '7.5rem',
    value: (row) => (row[name] === null ? null : Number(row[name])),
    show: (row) => (row[name] === null ? <span class="quiet">unknown</span> : format(row[name])),
  })
  const change = (name: string, title: string, format: (value: unknown) => string): GridColumn<Row> => ({
    ...figure(name, title, format),
    show: (row) =>
      row[name] === null ? (
        <span class="quiet">unknown</span>
      ) : (
        <span class={Number(row[name]) > 0 ? 'grown' : 'shrunk'}>
          {formatDelta(Number(row[name]), format)}
        </span>
      ),
  })
  return (
    <Grid
      label="Compared heaps"
      rows={shown}
      sort={sort}
      columns={[
        {
          name: 'name',
          title: 'name',
          value: (row) => row.name,
          show: (row) => (
            <>
              {row.state !== 'changed' && <span class="tag">{row.state}</span>}
              <Name text={String(row.name)} most={100} />
            </>
          ),
        },
        figure('old_count', 'old', formatCount),
        figure('new_count', 'new', formatCount),
        change('count_delta', 'change', formatCount),
        figure('old_retained', 'old retained', formatBytes),
        figure('new_retained', 'new retained', formatBytes),
        change('retained_delta', 'change', formatBytes),
      ]}
    />
  )
}
