import { asRows, type Row, type Table, useAnswer } from '../ask.ts'
import { formatBytes, formatCount, formatDuration, formatPercent } from '../format.ts'
import { linkTo } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { MemoryAccount, MemorySteps } from '../parts/memory-account.tsx'
import { ShortTable } from '../parts/short-table.tsx'

/** Where the memory of the process is, and what the collector does about it. */
export function Memory() {
  const asked = useAnswer<{ account: Row[]; gc: Table }>('memory')
  return (
    <>
      <h1>Memory and the collector</h1>
      <Await asked={asked}>
        {({ account, gc }) => (
          <>
            <section aria-labelledby="steps">
              <h2 id="steps">From the memory of the process to bytes in use</h2>
              <MemorySteps rows={account} />
            </section>
            <section aria-labelledby="collector">
              <h2 id="collector">
                How the collector is set and does <a href={linkTo('waste')}>what it cannot free</a>
              </h2>
              <Collector rows={asRows(gc)} />
            </section>
            <section aria-labelledby="account">
              <h2 id="account">The whole account</h2>
              <MemoryAccount rows={account} />
            </section>
          </>
        )}
      </Await>
    </>
  )
}

/** Rows of the query gc: GOGC, GOMEMLIMIT, the figures by which the collector begins, and what follows. */
function Collector({ rows }: { rows: Row[] }) {
  if (rows.length === 0) return <p class="quiet">The core does not hold its figures.</p>
  return (
    <ShortTable
      label="Collector"
      rows={rows}
      keyOf={(row) => String(row.figure)}
      whole={{ table: 'query', params: { name: 'gc' } }}
      count={rows.length}
      columns={[
        { name: 'figure', title: 'figure', width: '23rem', value: (row) => row.figure },
        {
          name: 'value',
          title: 'value',
          isNumber: true,
          width: '7rem',
          value: (row) => row.value,
          show: (row) => figureText(row),
        },
        {
          name: 'remark',
          title: 'what follows',
          value: (row) => row.remark,
          show: (row) => row.remark ?? '',
        },
      ]}
    />
  )
}

function figureText({ figure, value, unit }: Row): string {
  if (value === null) return 'off'
  // The variable's own form: GOGC=100.
  if (figure === 'GOGC') return String(value)
  if (unit === 'bytes') return formatBytes(value)
  if (unit === 'percent') return formatPercent(Number(value))
  return unit === 'nanoseconds' ? formatDuration(Number(value)) : formatCount(value)
}
