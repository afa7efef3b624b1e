import { asRows, type Cell, type Column, type Table, useAnswer } from '../ask.ts'
import { change, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import type { ChartSpec } from '../parts/chart.tsx'
import { Choice } from '../parts/choice.tsx'
import { Result } from '../parts/result.tsx'
import { WasteKinds } from './waste-kinds.tsx'

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

const BY_TYPE = 'waste-types'
/** As many as the answer duplicate-strings has at most. */
const MOST_STRINGS = 200

interface Listed {
  name: string
  title: string
  doc: string
  params: { name: string; default?: Cell; choices?: string[] }[]
  chart?: ChartSpec
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
                  choose={(query) => change({ query, kind: undefined })}
                />
              </div>
              <h2>{chosen.title}</h2>
              <p class="quiet doc">{chosen.doc}</p>
              <Chosen key={chosen.name} query={chosen} kind={place.params.kind} />
            </>
          )
        }}
      </Await>
    </>
  )
}

function Chosen({ query, kind }: { query: Listed; kind: string | undefined }) {
  if (query.name === 'duplicate-strings') return <DuplicateStrings query={query} />
  if (query.name === 'waste') return <Kinds />
  if (query.name === BY_TYPE) return <ByType query={query} kind={kind} />
  return <Rows query={query} />
}

function Rows({ query, args = {} }: { query: Listed; args?: Record<string, string> }) {
  const asked = useAnswer<Table>('query', { name: query.name, ...args })
  return <Await asked={asked}>{(table) => <Shown query={query} args={args} table={table} />}</Await>
}

/** Rows of the query waste: how much there is of each kind, and what helps. */
function Kinds() {
  const asked = useAnswer<Table>('query', { name: 'waste' })
  return <Await asked={asked}>{(table) => <WasteKinds rows={asRows(table)} byType={BY_TYPE} />}</Await>
}

/** Types by one of the kinds of waste that are counted by type. */
function ByType({ query, kind }: { query: Listed; kind: string | undefined }) {
  const kinds = query.params.find(({ name }) => name === 'kind')?.choices ?? []
  const chosen = kinds.find((name) => name === kind) ?? kinds[0]
  return (
    <>
      <div class="controls">
        <Choice
          legend="Of which kind"
          options={kinds.map((name) => [name, name] as const)}
          chosen={chosen}
          choose={(name) => change({ kind: name })}
        />
      </div>
      <Rows key={chosen} query={query} args={{ kind: chosen }} />
    </>
  )
}

interface ShownProps {
  query: Listed
  args?: Record<string, string>
  table: Table
}

function Shown({ query, args, table: { columns, rows } }: ShownProps) {
  if (rows.length === 0) return <p>There is none.</p>
  const isDuplicates = query.name === 'duplicate-strings'
  const whole = isDuplicates
    ? { table: query.name }
    : { table: 'query', params: { name: query.name, ...args } }
  const limit = isDuplicates ? MOST_STRINGS : query.params.find(({ name }) => name === 'limit')?.default
  const isPart = typeof limit === 'number' && rows.length >= limit
  return (
    <Result
      label={query.title}
      columns={columns}
      rows={rows}
      chart={query.chart}
      visible={16}
      whole={whole}
      count={isPart ? undefined : rows.length}
    />
  )
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
