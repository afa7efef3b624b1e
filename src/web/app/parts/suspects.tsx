import { asRows, type Row, type Table } from '../ask.ts'
import { formatBytes, formatCount, formatPercent } from '../format.ts'
import { linkTo } from '../location.ts'
import { Export } from './export.tsx'
import { Name, NodeLink } from './names.tsx'

/** Rows of the query suspects as sentences: what gathers, where, and how a root leads there. */
export function Suspects({ table }: { table: Table }) {
  const rows = asRows(table)
  if (rows.length === 0) return <p class="quiet">No place keeps as much as a tenth of the reachable bytes.</p>
  return (
    <>
      <ol class="suspects">
        {rows.map((row) => (
          <li key={`${row.accumulation_id} ${row.example_id}`}>
            <div class="share" aria-hidden="true">
              <span style={{ height: `${Math.min(100, Number(row.share))}%` }} />
            </div>
            <div>
              <p class="what">
                <b>{formatBytes(row.gathers_size ?? row.retained_size)}</b>{' '}
                <span class="quiet">{formatPercent(Number(row.share))}</span> in{' '}
                {row.gathers === null ? 'one object' : formatCount(row.gathers_count)}{' '}
                {row.gathers !== null && <Gathers name={String(row.gathers)} />}{' '}
                {row.example_id !== null && (
                  <a href={linkTo('node', { id: Number(row.example_id) })}>the largest</a>
                )}
              </p>
              {row.accumulation_id === null ? (
                <p class="quiet">Held by many roots alike; none of them keeps most.</p>
              ) : (
                <p>
                  <span class="quiet">gathered in</span>{' '}
                  <NodeLink id={Number(row.accumulation_id)} label={String(row.accumulation)} />
                  {row.field !== null && (
                    <>
                      {' '}
                      <span class="quiet">in the field</span> <Name text={String(row.field)} />
                    </>
                  )}{' '}
                  {row.proof !== null && <a href={linkTo('sql', { sql: String(row.proof) })}>as SQL</a>}
                </p>
              )}
              {row.path !== null && (
                <p class="reached">
                  <span class="quiet">reached by</span> <Name text={String(row.path)} most={130} />
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
      <Export
        label="Suspects"
        columns={[]}
        rows={rows}
        whole={{ table: 'query', params: { name: 'suspects' } }}
        count={rows.length}
      />
    </>
  )
}

/** Goroutines at one place whose stacks take much, whatever they hold: a row of the query goroutine-stacks. */
export function Crowd({ row }: { row: Row }) {
  const place = String(row.caller ?? row.function)
  return (
    <p>
      <b>{formatBytes(row.stack_size)}</b> of stacks belong to{' '}
      <a href={linkTo('goroutines', { filter: place })}>{formatCount(row.goroutines)} goroutines</a> that
      stand at one place: {row.wait_reason ?? row.status} in <Name text={place} />
    </p>
  )
}

/** Goroutines are named by what they wait for and where. */
function Gathers({ name }: { name: string }) {
  const [, waits] = /^\[(?!…)[^\]]*\] (.*)$/.exec(name) ?? []
  if (waits === undefined) return <Name text={name} />
  return (
    <>
      goroutines{' '}
      <a href={linkTo('goroutines', { filter: waits })}>
        <Name text={name} />
      </a>
    </>
  )
}
