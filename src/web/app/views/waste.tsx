import { type Column, type Table, useAnswer } from '../ask.ts'
import { change, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Choice } from '../parts/choice.tsx'
import { Result } from '../parts/result.tsx'

/** Queries of queries/ about memory that is paid for and not used, in the order of the menu, in a word each. */
const QUERIES: readonly (readonly [name: string, title: string])[] = [
  ['waste', 'in all'],
  ['waste-types', 'by type'],
  ['duplicate-strings', 'equal strings'],
  ['duplicate-arrays', 'equal arrays'],
  ['pinned-holders', 'who pins arrays'],
  ['pinned-arrays', 'pinned arrays'],
  ['padding', 'struct padding'],
  ['fragmentation', 'free slots'],
  ['garbage', 'garbage'],
]

interface Listed {
  name: string
  title: string
  doc: string
  chart?: { kind: string; columns: string[] }
  columns: Column[]
}

/** Strings that are there more than once, and what else is paid for without need. */
export function Waste({ place }: { place: Place }) {
  const asked = useAnswer<Listed[]>('queries')
  return (
    <>
      <h1>Strings and waste</h1>
      <Await asked={asked}>
        {(all) => {
          const listed = QUERIES.filter(([name]) => all.some((query) => query.name === name))
          const wanted = listed.find(([name]) => name === place.params.query) ?? listed[0]
          const chosen = all.find(({ name }) => name === wanted?.[0])
          if (chosen === undefined) return null
          return (
            <>
              <div class="controls">
                <Choice
                  legend="Kind of waste"
                  options={listed}
                  chosen={chosen.name}
                  choose={(query) => change({ query })}
                />
              </div>
              <h2>{chosen.title}</h2>
              <p class="quiet doc">{chosen.doc}</p>
              {chosen.name === 'duplicate-strings' ? (
                <DuplicateStrings query={chosen} />
              ) : (
                <Rows key={chosen.name} query={chosen} />
              )}
            </>
          )
        }}
      </Await>
    </>
  )
}

function Rows({ query }: { query: Listed }) {
  const asked = useAnswer<Table>('query', { name: query.name })
  return <Await asked={asked}>{(table) => <Shown query={query} table={table} />}</Await>
}

function Shown({ query, table: { columns, rows } }: { query: Listed; table: Table }) {
  if (rows.length === 0) return <p>There is none.</p>
  return <Result label={query.title} columns={columns} rows={rows} chart={query.chart} visible={16} />
}

/** Their text comes from the core when the database has none. */
function DuplicateStrings({ query }: { query: Listed }) {
  const asked = useAnswer<Table & { missing: string | null }>('duplicate-strings')
  return (
    <Await asked={asked}>
      {({ missing, ...table }) => (
        <>
          {missing !== null && <p class="quiet">Without their text: {missing}.</p>}
          <Shown
            query={{
              ...query,
              chart: { kind: 'bar', columns: [missing === null ? 'value' : 'object_id', 'wasted_bytes'] },
            }}
            table={table}
          />
        </>
      )}
    </Await>
  )
}
