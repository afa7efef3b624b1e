import { type Cell, type Row, type Table, useAnswer } from '../ask.ts'
import { formatBytes, formatCount, formatPercent } from '../format.ts'
import { linkTo } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Bar, Name, NodeLink } from '../parts/names.tsx'

interface OverviewAnswer {
  metadata: Record<string, Cell>
  holders: Table
  types: Table
  memory: Row[]
  problems: Row[]
}

/** The first page: how big, who holds most, of what it is made, where the rest of the process is. */
export function Overview() {
  const asked = useAnswer<OverviewAnswer>('overview')
  return (
    <Await asked={asked}>
      {({ metadata, holders, types, memory, problems }) => (
        <>
          <h1>
            {String(metadata.main_module ?? metadata.binary_file ?? 'Heap')}{' '}
            <span class="quiet">
              {[metadata.main_version, metadata.go_version, metadata.goarch].filter(Boolean).join(' · ')}
            </span>
          </h1>
          <Figures metadata={metadata} />
          <Problems problems={problems} />
          <div class="columns">
            <section aria-labelledby="holders">
              <h2 id="holders">
                What holds most <a href={linkTo('dominators')}>all dominators</a>
              </h2>
              <Holders table={holders} />
            </section>
            <section aria-labelledby="types">
              <h2 id="types">
                What it is made of <a href={linkTo('histogram')}>histogram</a>
              </h2>
              <Types table={types} />
            </section>
          </div>
          <section aria-labelledby="memory">
            <h2 id="memory">Where the memory of the process is</h2>
            <Memory rows={memory} />
          </section>
          <details>
            <summary>About this dump</summary>
            <dl class="facts">
              {Object.entries(metadata).map(([key, value]) => (
                <div key={key}>
                  <dt>{key}</dt>
                  <dd class="mono">{String(value)}</dd>
                </div>
              ))}
            </dl>
          </details>
        </>
      )}
    </Await>
  )
}

function Figures({ metadata }: { metadata: Record<string, Cell> }) {
  const bytes = Number(metadata.reachable_bytes)
  const typed = (100 * Number(metadata.typed_reachable_bytes)) / Math.max(1, bytes)
  const garbage = Number(metadata.heap_bytes) - bytes
  return (
    <dl class="figures">
      <div>
        <dt>reachable</dt>
        <dd>{formatBytes(bytes)}</dd>
        <dd class="quiet">{formatCount(metadata.reachable_objects)} objects</dd>
      </div>
      <div>
        <dt>garbage</dt>
        <dd>{formatBytes(garbage)}</dd>
        <dd class="quiet">
          {formatCount(Number(metadata.heap_objects) - Number(metadata.reachable_objects))} objects
        </dd>
      </div>
      <div>
        <dt>of known type</dt>
        <dd>{formatPercent(typed)}</dd>
        <dd class="quiet">of the reachable bytes</dd>
      </div>
    </dl>
  )
}

function Problems({ problems }: { problems: Row[] }) {
  const grave = problems.filter(({ severity }) => severity !== 'info')
  if (problems.length === 0) return <p class="quiet">Every check passed while this dump was read.</p>
  return (
    <details class={grave.length > 0 ? 'problems grave' : 'problems'} open={grave.length > 0}>
      <summary>
        {grave.length > 0
          ? `${grave.length} ${grave.length === 1 ? 'problem' : 'problems'} while reading: figures may miss something`
          : `${problems.length} ${problems.length === 1 ? 'remark' : 'remarks'} while reading; no figure is touched`}
      </summary>
      <ul>
        {problems.map((row) => (
          <li key={String(row.id)}>
            <b>{row.severity}</b> {row.message}{' '}
            <span class="quiet">
              ({formatCount(row.count)}×, {row.code})
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** A result's row by column name: order and number of columns are the query's. */
const asRows = ({ columns, rows }: Table): Row[] =>
  rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])))

function Holders({ table }: { table: Table }) {
  const rows = asRows(table)
  const most = Number(rows[0]?.retained_size ?? 0)
  return (
    <table class="short">
      <thead>
        <tr>
          <th scope="col">variable or object</th>
          <th scope="col" class="number">
            retained
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={String(row.id)}>
            <td>
              <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.name)} most={54} />
              {row.nearest_root !== null && <div class="quiet small">from {row.nearest_root}</div>}
            </td>
            <td class="number">
              <Bar bytes={Number(row.retained_size)} of={most} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Types({ table }: { table: Table }) {
  const rows = asRows(table)
  const most = Number(rows[0]?.reachable_bytes ?? 0)
  return (
    <table class="short">
      <thead>
        <tr>
          <th scope="col">type</th>
          <th scope="col" class="number">
            objects
          </th>
          <th scope="col" class="number">
            bytes
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={String(row.type)}>
            <td>
              <a href={linkTo('histogram', { filter: String(row.type) })}>
                <Name text={String(row.type)} most={46} />
              </a>
            </td>
            <td class="number">{formatCount(row.reachable_objects)}</td>
            <td class="number">
              <Bar bytes={Number(row.reachable_bytes)} of={most} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Memory({ rows }: { rows: Row[] }) {
  const level = new Map<Cell, number>()
  for (const row of rows) level.set(row.id, (level.get(row.parent_id) ?? -1) + 1)
  const total = Number(rows.find(({ key }) => key === 'memory')?.bytes ?? rows[0]?.bytes ?? 0)
  return (
    <table class="short memory">
      <thead>
        <tr>
          <th scope="col">memory</th>
          <th scope="col" class="number">
            bytes
          </th>
          <th scope="col">what it is</th>
        </tr>
      </thead>
      <tbody>
        {rows
          .filter(({ bytes }) => bytes !== 0)
          .map((row) => (
            <tr key={String(row.id)}>
              <td style={{ paddingLeft: `${0.4 + (level.get(row.id) ?? 0) * 1.1}rem` }}>{row.name}</td>
              <td class="number">
                {row.bytes === null ? (
                  <span class="quiet">unknown</span>
                ) : (
                  <Bar bytes={Number(row.bytes)} of={total} />
                )}
              </td>
              <td class="quiet small">{row.note}</td>
            </tr>
          ))}
      </tbody>
    </table>
  )
}
