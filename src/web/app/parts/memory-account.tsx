import type { Cell, Row } from '../ask.ts'
import { formatBytes, formatPercent } from '../format.ts'
import { Bar } from './names.tsx'
import { ShortTable } from './short-table.tsx'

/** Rows of the account from all memory down to what the program uses of it, each a part of the one before. */
const STEPS = [
  'memory',
  'heap',
  'heap.in-use',
  'heap.in-use.objects',
  'heap.in-use.objects.reachable',
  'heap.in-use.objects.reachable.values.used',
]

/** Parts that a step loses, by name. */
const MOST_LOST = 4

/** The way from the memory of the process to the bytes in use. */
export function MemorySteps({ rows }: { rows: Row[] }) {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const steps = STEPS.flatMap((key) => rows.filter((row) => row.key === key))
  const total = Number(steps[0]?.bytes ?? 0)
  return (
    <ol class="funnel">
      {steps.map((step, i) => (
        <li key={String(step.key)}>
          <span class="step">{step.name}</span>
          <span class="track" aria-hidden="true">
            <span style={{ width: `${(100 * Number(step.bytes ?? 0)) / Math.max(1, total)}%` }} />
          </span>
          <b>{formatBytes(step.bytes)}</b>
          <span class="quiet small">{i + 1 < steps.length && lostText(step, steps[i + 1], rows, byId)}</span>
        </li>
      ))}
    </ol>
  )
}

/** What is part of a step and not of the next: siblings along the way from one to the other. */
function lostText(step: Row, next: Row, rows: Row[], byId: ReadonlyMap<Cell, Row>): string {
  const lost: Row[] = []
  for (let part: Row | undefined = next; part !== undefined && part.id !== step.id; ) {
    const { id, parent_id } = part
    lost.push(...rows.filter((row) => row.parent_id === parent_id && row.id !== id && row.bytes !== 0))
    part = byId.get(parent_id)
  }
  lost.sort((a, b) => Number(b.bytes) - Number(a.bytes))
  const named = lost.slice(0, MOST_LOST).map((row) => `${row.name} ${formatBytes(row.bytes)}`)
  return named.length === 0 ? '' : `the rest: ${named.join(', ')}${lost.length > MOST_LOST ? ', …' : ''}`
}

/** Every part of the memory of the process, each below the one that it is part of. */
export function MemoryAccount({ rows }: { rows: Row[] }) {
  const total = Number(rows.find(({ key }) => key === STEPS[0])?.bytes ?? 0)
  const level = new Map<Cell, number>()
  for (const row of rows) level.set(row.id, (level.get(row.parent_id) ?? -1) + 1)
  return (
    <ShortTable
      label="Memory account"
      rows={rows.filter(({ bytes }) => bytes !== 0)}
      keyOf={(row) => String(row.id)}
      columns={[
        {
          name: 'name',
          title: 'memory',
          width: '20rem',
          value: (row) => row.name,
          show: (row) => (
            <div style={{ paddingLeft: `${(level.get(row.id) ?? 0) * 1.1}rem` }}>{row.name}</div>
          ),
        },
        {
          name: 'bytes',
          title: 'bytes',
          isNumber: true,
          width: '10rem',
          value: (row) => row.bytes,
          show: (row) =>
            row.bytes === null ? (
              <span class="quiet">unknown</span>
            ) : (
              <Bar bytes={Number(row.bytes)} of={total} />
            ),
        },
        {
          name: 'share',
          title: 'share',
          doc: 'of the memory of the process that can be used',
          isNumber: true,
          width: '5rem',
          value: (row) => (row.bytes === null ? null : (100 * Number(row.bytes)) / Math.max(1, total)),
          show: (row) =>
            row.bytes === null || Number(row.bytes) > total || String(row.key).startsWith('reserved') ? (
              ''
            ) : (
              <span class="quiet">{formatPercent((100 * Number(row.bytes)) / Math.max(1, total))}</span>
            ),
        },
        {
          name: 'note',
          title: 'what it is',
          value: (row) => row.note,
          show: (row) => <span class="quiet small">{row.note}</span>,
        },
      ]}
    />
  )
}
