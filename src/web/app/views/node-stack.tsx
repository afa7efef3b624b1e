import { asRows, type Row, type Table } from '../ask.ts'
import { formatBytes } from '../format.ts'
import { linkTo } from '../location.ts'
import { Export } from '../parts/export.tsx'
import { Bar, Name, NodeLink } from '../parts/names.tsx'

/** The calls of a goroutine, innermost first, each with its variables and what they point at. */
export function GoroutineStack({ table, goid }: { table: Table & { isPart: boolean }; goid: number }) {
  const rows = asRows(table)
  const calls = rows.filter(({ kind }) => kind === 'frame')
  const most = calls.reduce((max, { retained_size }) => Math.max(max, Number(retained_size)), 1)
  return (
    <section aria-labelledby="calls">
      <h2 id="calls">Stack</h2>
      <ol class="calls" start={0}>
        {calls.map((call) => (
          <li key={String(call.id)}>
            <div class="call">
              <span>
                <a class="node" href={linkTo('node', { id: Number(call.id) })}>
                  <Name text={String(call.name)} />
                </a>{' '}
                <span class="quiet small">{call.place}</span>
              </span>
              {Number(call.retained_size) > 0 && <Bar bytes={Number(call.retained_size)} of={most} />}
            </div>
            <Variables rows={rows.filter(({ depth, kind }) => depth === call.depth && kind !== 'frame')} />
          </li>
        ))}
      </ol>
      {table.isPart && <p class="quiet">The innermost calls; what is saved is all of them.</p>}
      <Export
        label="Stack"
        rows={rows}
        whole={table.isPart ? { table: 'query', params: { name: 'goroutine-stack', goid } } : undefined}
        columns={table.columns.map(({ name }) => ({ name, title: name, value: (row: Row) => row[name] }))}
      />
    </section>
  )
}

function Variables({ rows }: { rows: Row[] }) {
  if (rows.length === 0) return null
  return (
    <ul class="variables">
      {rows.map((row) => (
        <li key={String(row.id)}>
          <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.name)} most={48} />
          {row.target_id !== null && (
            <>
              <span class="quiet"> → </span>
              <a class="node" href={linkTo('node', { id: Number(row.target_id) })}>
                <Name text={String(row.target ?? '(unknown)')} most={64} />
              </a>
              {Number(row.targets) > 1 && <span class="quiet"> and {Number(row.targets) - 1} more</span>}
            </>
          )}
          {Number(row.retained_size) > 0 && (
            <span class="quiet"> keeps {formatBytes(row.retained_size)}</span>
          )}
        </li>
      ))}
    </ul>
  )
}
