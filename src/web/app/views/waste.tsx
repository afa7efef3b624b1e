import { type Column, type Table, useAnswer } from '../ask.ts'
import { adjust, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Result } from '../parts/result.tsx'

/** Queries of queries/ about memory that is paid for and not used, in the order of the menu. */
const QUERIES = ['waste', 'duplicate-strings', 'duplicate-arrays', 'padding', 'fragmentation', 'garbage']

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
          const listed = QUERIES.flatMap((name) => all.filter((query) => query.name === name))
          const chosen = listed.find(({ name }) => name === place.params.query) ?? listed[0]
          return (
            <>
              <div class="controls">
                <fieldset>
                  <legend class="hidden">Kind of waste</legend>
                  {listed.map(({ name, title }) => (
                    <label key={name}>
                      <input
                        type="radio"
                        name="query"
                        checked={name === chosen.name}
                        onChange={() => adjust({ query: name })}
                      />
                      {title}
                    </label>
                  ))}
                </fieldset>
              </div>
              <p class="quiet doc">{chosen.doc}</p>
              <Rows key={chosen.name} query={chosen} />
            </>
          )
        }}
      </Await>
    </>
  )
}

function Rows({ query }: { query: Listed }) {
  const asked = useAnswer<Table>('query', { name: query.name })
  return (
    <Await asked={asked}>
      {({ columns, rows }) =>
        rows.length === 0 ? (
          <p>There is none.</p>
        ) : (
          <Result label={query.title} columns={columns} rows={rows} chart={query.chart} />
        )
      }
    </Await>
  )
}
