import { useMemo, useState } from 'preact/hooks'
import { type Row, useAnswer } from '../ask.ts'
import { formatBytes, formatCount, formatPercent } from '../format.ts'
import { change, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Choice } from '../parts/choice.tsx'
import type { TableColumn } from '../parts/columns.ts'
import { Export } from '../parts/export.tsx'
import { Branches, type Forest, readOpened, Tree } from '../parts/tree.tsx'

const GROUPS = [
  ['node', 'each node'],
  ['type', 'by type'],
  ['package', 'by package'],
  ['goroutine', 'by goroutine stack'],
] as const

/** The dominator tree, a level at a time; its first level can be grouped. */
export function Dominators({ place }: { place: Place }) {
  const by = place.params.by ?? 'node'
  const id = Number(place.params.id ?? 0)
  const [current, setCurrent] = useState('')
  const opened = useMemo(() => readOpened(place.params.open), [place.params.open])
  const asked = useAnswer<{ total: number; label: string }>('node-total', { id })
  return (
    <>
      <h1>Dominator tree</h1>
      <p class="quiet">
        Below each node is what it alone keeps alive; retained is what would become garbage with it.{' '}
        {id !== 0 && <a href={linkTo('dominators')}>From the top</a>}{' '}
        <a href={linkTo('picture', { id: id || undefined, kind: id === 0 ? undefined : 'icicle' })}>
          As a flame graph
        </a>
      </p>
      <div class="controls">
        <Choice
          legend="Group the first level"
          options={GROUPS}
          chosen={by}
          choose={(choice) => change({ by: choice, open: undefined })}
        />
      </div>
      <Await asked={asked}>
        {({ total, label }) => {
          const forest: Forest = { total, opened, current, setCurrent }
          return (
            <>
              {id !== 0 && (
                <p>
                  Below <a href={linkTo('node', { id })}>{label}</a>, {formatBytes(total)}
                </p>
              )}
              {by === 'node' ? (
                <Nodes id={id} forest={forest} />
              ) : (
                <Groups id={id} by={by} forest={forest} key={by} />
              )}
            </>
          )
        }}
      </Await>
    </>
  )
}

function Nodes({ id, forest }: { id: number; forest: Forest }) {
  return (
    <>
      <Tree label="Dominator tree">
        <Branches query={{ id }} level={1} forest={forest} />
      </Tree>
      <Export
        label={id === 0 ? 'Dominator tree' : `Dominated by ${id}`}
        what="The first level"
        columns={[]}
        rows={[]}
        whole={{ table: 'dominated', params: { id } }}
      />
    </>
  )
}

const COLUMNS: TableColumn<Row>[] = [
  { name: 'kind', title: 'kind', value: (row) => row.kind },
  { name: 'label', title: 'label', value: (row) => row.label },
  { name: 'count', title: 'nodes', value: (row) => row.count },
  { name: 'size', title: 'size', value: (row) => row.size },
  { name: 'retained_size', title: 'retained', value: (row) => row.retained_size },
  { name: 'retained_count', title: 'objects', value: (row) => row.retained_count },
]

function Groups({ id, by, forest }: { id: number; by: string; forest: Forest }) {
  const asked = useAnswer<{ rows: Row[]; isPart: boolean }>('dominated', { id, by })
  return (
    <Await asked={asked}>
      {({ rows, isPart }) => {
        const bytes = rows.reduce((sum, row) => sum + Number(row.retained_size), 0)
        return (
          <>
            {isPart && (
              <p class="quiet">
                The nodes that retain most: {formatBytes(bytes)},{' '}
                {formatPercent((100 * bytes) / forest.total)}.
              </p>
            )}
            <Tree label={`Dominator tree by ${by}`}>
              <Branches
                query={{ id }}
                level={1}
                forest={forest}
                groups={rows.map((row) => ({
                  row,
                  query: { id, by, kind: String(row.kind), label: String(row.label) },
                  note: `${formatCount(row.count)}×`,
                }))}
              />
            </Tree>
            <Export
              label={`Dominators by ${by}`}
              columns={COLUMNS}
              rows={rows}
              whole={isPart ? { table: 'dominated-groups', params: { id, by } } : undefined}
            />
          </>
        )
      }}
    </Await>
  )
}
