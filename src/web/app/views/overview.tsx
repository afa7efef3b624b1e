import { asRows, type Cell, type Row, type Table, useAnswer } from '../ask.ts'
import { formatBytes, formatCount, formatPercent } from '../format.ts'
import { linkTo } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { FigureList } from '../parts/figure-list.tsx'
import { MemorySteps } from '../parts/memory-account.tsx'
import { Bar, Name, NodeLink } from '../parts/names.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { Crowd, Suspects } from '../parts/suspects.tsx'

interface OverviewAnswer {
  metadata: Record<string, Cell>
  suspects: Table
  crowd: Row | null
  holders: Row[]
  types: Table
  memory: Row[]
  problems: Row[]
}

/** The first page: how big, what may leak, who holds most, of what it is made, where the rest of the process is. */
export function Overview() {
  const asked = useAnswer<OverviewAnswer>('overview')
  return (
    <Await asked={asked} title="Overview">
      {({ metadata, suspects, crowd, holders, types, memory, problems }) => (
        <>
          <h1>
            {String(metadata.main_path ?? metadata.main_module ?? metadata.binary_file ?? 'Heap')}{' '}
            <span class="quiet">
              {[metadata.main_version, metadata.go_version, metadata.goarch].filter(Boolean).join(' · ')}
            </span>
          </h1>
          <Figures metadata={metadata} memory={memory} />
          <Problems problems={problems} />
          <section aria-labelledby="suspects">
            <h2 id="suspects">Suspects: where memory gathers</h2>
            <Suspects table={suspects} />
            {crowd !== null && <Crowd row={crowd} />}
          </section>
          <div class="columns">
            <section aria-labelledby="holders">
              <h2 id="holders">
                What holds most <a href={linkTo('dominators')}>dominator tree</a>
              </h2>
              <Holders rows={holders} total={Number(metadata.reachable_bytes)} />
            </section>
            <section aria-labelledby="types">
              <h2 id="types">
                What it is made of <a href={linkTo('histogram')}>histogram</a>
              </h2>
              <Types table={types} />
            </section>
          </div>
          <section aria-labelledby="memory">
            <h2 id="memory">
              From the memory of the process to bytes in use{' '}
              <a href={linkTo('memory')}>all of it, and the collector</a>
            </h2>
            <MemorySteps rows={memory} />
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

function Figures({ metadata, memory }: { metadata: Record<string, Cell>; memory: Row[] }) {
  const bytes = Number(metadata.reachable_bytes)
  const typed = (100 * Number(metadata.typed_reachable_bytes)) / Math.max(1, bytes)
  const account = (key: string) => memory.find((row) => row.key === key)?.bytes
  const figures: [string, string, string][] = [
    ['memory of the process', formatBytes(account('memory')), `${formatBytes(account('heap'))} heap`],
    ['reachable', formatBytes(bytes), `${formatCount(metadata.reachable_objects)} objects`],
    [
      metadata.reachability === 'incomplete' ? 'garbage or not known' : 'garbage',
      formatBytes(Number(metadata.heap_bytes) - bytes),
      `${formatCount(Number(metadata.heap_objects) - Number(metadata.reachable_objects))} objects`,
    ],
    ['of known type', formatPercent(typed), 'of the reachable bytes'],
  ]
  return <FigureList figures={figures} />
}

function Problems({ problems }: { problems: Row[] }) {
  const grave = problems.filter(({ severity }) => severity !== 'info')
  if (problems.length === 0) return <p class="quiet">✓ Every check passed while this dump was read.</p>
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

function Holders({ rows, total }: { rows: Row[]; total: number }) {
  return (
    <ShortTable
      label="What holds most"
      whole={{ table: 'holders' }}
      rows={rows}
      keyOf={(row) => String(row.id)}
      columns={[
        {
          name: 'name',
          title: 'variable, goroutines or object',
          value: (row) => row.name,
          show: (row) => (
            <>
              {Number(row.nodes) > 1 && <b class="times">{formatCount(row.nodes)}×</b>}
              <HolderLink row={row} />
            </>
          ),
        },
        {
          name: 'share',
          title: 'share',
          doc: 'of all reachable bytes',
          isNumber: true,
          width: '4.5rem',
          value: (row) => (100 * Number(row.retained_size)) / Math.max(1, total),
          show: (row) => (
            <span class="quiet">{formatPercent((100 * Number(row.retained_size)) / Math.max(1, total))}</span>
          ),
        },
        {
          name: 'retained_size',
          title: 'retained',
          doc: 'what would become garbage without it; of several nodes, what each alone keeps alive',
          isNumber: true,
          width: '10rem',
          value: (row) => row.retained_size,
          show: (row) => <Bar bytes={Number(row.retained_size)} of={total} />,
        },
      ]}
    />
  )
}

/** Goroutines that do the same are shown together; of other nodes of one name, the one that keeps most. */
function HolderLink({ row }: { row: Row }) {
  const name = String(row.name)
  if (row.kind !== 'goroutine' || Number(row.nodes) < 2) {
    return <NodeLink id={Number(row.node_id)} kind={String(row.kind)} label={name} />
  }
  return (
    <a class="node" href={linkTo('goroutines', { filter: name.replace(/^\[.*?\] /, '') })}>
      <span class="tag">goroutines</span>
      <Name text={name} />
    </a>
  )
}

function Types({ table }: { table: Table }) {
  const rows = asRows(table)
  const most = Number(rows[0]?.reachable_bytes ?? 0)
  return (
    <ShortTable
      label="Types"
      whole={{ table: 'query', params: { name: 'histogram' } }}
      rows={rows}
      keyOf={(row) => String(row.type)}
      columns={[
        {
          name: 'type',
          title: 'type',
          value: (row) => row.type,
          show: (row) => (
            <a href={linkTo('histogram', { filter: String(row.type) })}>
              <Name text={String(row.type)} />
            </a>
          ),
        },
        {
          name: 'reachable_objects',
          title: 'objects',
          isNumber: true,
          width: '6rem',
          value: (row) => row.reachable_objects,
          show: (row) => formatCount(row.reachable_objects),
        },
        {
          name: 'reachable_bytes',
          title: 'size',
          doc: 'slot bytes of the objects themselves',
          isNumber: true,
          width: '10rem',
          value: (row) => row.reachable_bytes,
          show: (row) => <Bar bytes={Number(row.reachable_bytes)} of={most} />,
        },
      ]}
    />
  )
}
