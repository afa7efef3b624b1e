import { type Row, type Table, useAnswer } from '../ask.ts'
import { formatBytes, formatCount } from '../format.ts'
import { linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { FigureList } from '../parts/figure-list.tsx'
import { Bar, Name, NodeLink, withoutKind } from '../parts/names.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { AllocationStack, Keepers, Path } from './node-keepers.tsx'
import { Inbound, Outbound } from './node-pointers.tsx'
import { GoroutineStack } from './node-stack.tsx'
import { Values } from './node-values.tsx'

export interface NodeAnswer {
  node: Row
  fields: Row[]
  path?: Table
  dominators: Row[]
  outbound: Row[]
  outboundCount: number
  inbound: Row[]
  inboundCount: number
  /** Pointers of one kind are counted up to here. */
  counted: number
  strings?: Row[]
  stack?: Row[]
  goroutine?: Row
  frame?: Row
  parts?: Row[]
  partsCount?: number
  /** Of a goroutine: rows of the query goroutine-stack. */
  calls?: Table & { isPart: boolean }
}

/** An object or a root: what it is, what keeps it alive, what it points at and what points at it. */
export function NodePage({ place }: { place: Place }) {
  const asked = useAnswer<NodeAnswer>('node', { id: Number(place.params.id) })
  return (
    <Await asked={asked} title="Node">
      {(answer) => <Node {...answer} key={Number(answer.node.id)} />}
    </Await>
  )
}

function Node(answer: NodeAnswer) {
  const { node, parts = [], calls, stack = [], goroutine } = answer
  const isObject = node.kind === 'object'
  const isTold = calls === undefined && parts.length === 0
  return (
    <>
      <Title node={node} />
      <div class="columns inspector">
        <div>
          <Figures node={node} />
          <Facts {...answer} />
          {isObject && <Values {...answer} />}
          {calls !== undefined && <GoroutineStack table={calls} goid={Number(goroutine?.goid)} />}
          {calls === undefined && parts.length > 0 && (
            <Parts rows={parts} node={Number(node.id)} count={answer.partsCount ?? parts.length} />
          )}
          {(isTold || answer.outboundCount > 0) && <Outbound {...answer} />}
          {isObject && <Inbound {...answer} />}
        </div>
        {(isObject || answer.dominators.length > 0) && (
          <aside aria-label="What keeps it alive">
            {answer.path !== undefined && <Path table={answer.path} node={node} />}
            <Keepers rows={answer.dominators} node={node} />
            {stack.length > 0 && <AllocationStack rows={stack} />}
          </aside>
        )}
      </div>
    </>
  )
}

function Title({ node }: { node: Row }) {
  const isObject = node.kind === 'object'
  const many = isObject && node.length !== null && node.length !== 1 ? `[${node.length}]` : ''
  return (
    <h1>
      <span class="tag">{node.kind}</span>
      <Name
        text={
          isObject
            ? `${many}${node.type ?? '(type not known)'}`
            : withoutKind(String(node.name), String(node.kind))
        }
        most={110}
      />
    </h1>
  )
}

function Figures({ node }: { node: Row }) {
  const figures: [name: string, figure: string, more: string][] = [
    node.retained_size === null
      ? ['retained', '–', garbageText(node)]
      : [
          'retained',
          formatBytes(node.retained_size),
          `${formatCount(node.retained_count)} ${node.retained_count === 1 ? 'object' : 'objects'}`,
        ],
  ]
  if (node.size !== null) {
    const name = node.kind === 'goroutine' ? 'stack' : 'size'
    figures.push([name, formatBytes(node.size), node.kind === 'object' ? sizeText(node) : ''])
  }
  if (node.kind === 'object' && node.distance !== null) {
    figures.push(['from a root', String(node.distance), node.distance === 1 ? 'pointer' : 'pointers'])
  }
  return <FigureList figures={figures} />
}

function garbageText({ reachable, unswept }: Row): string {
  if (reachable === null) return 'not known whether a root reaches it'
  return unswept ? 'dead, not yet swept' : 'garbage since the last collection'
}

/** What the slot is taken up by, as far as the type tells. */
function sizeText(node: Row): string {
  const header = Number(node.header_size)
  if (node.length === null || node.type_size === null)
    return header > 0 ? `slot with ${header} B header` : 'slot'
  const used = Number(node.length) * Number(node.type_size)
  const padding = Number(node.size) - header - used
  const parts = [`${formatCount(used)} value`]
  if (header > 0) parts.push(`${header} header`)
  if (padding > 0) parts.push(`${formatCount(padding)} padding`)
  return parts.length === 1 ? 'all of it value' : parts.join(' + ')
}

function Facts({ node, goroutine, frame, strings = [] }: NodeAnswer) {
  const id = Number(node.id)
  const isObject = node.kind === 'object'
  const facts: [string, string | number | null | undefined][] = [
    ['address', node.hex_address],
    ['type', isObject ? undefined : node.type],
    ['type known by', isObject ? node.type_source : undefined],
    ['state', goroutine && [goroutine.status, goroutine.wait_reason].filter(Boolean).join(': ')],
    ['created by', goroutine && createdText(goroutine)],
    ['labels', goroutine?.labels],
    ['at', frame && `${frame.file ?? '?'}:${frame.line ?? '?'}`],
    ...strings.map((row): [string, string] => [
      row.offset === 0 ? 'string' : `string at +${row.offset}`,
      row.value === null ? `${formatCount(row.length)} bytes` : JSON.stringify(row.value),
    ]),
  ]
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== null && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd data-copy={String(value)}>{value}</dd>
          </div>
        ))}
      {goroutine !== undefined && goroutine.waiting_on !== null && (
        <div>
          <dt>waits for</dt>
          <dd>
            {goroutine.waiting_on_id === null ? (
              goroutine.waiting_on
            ) : (
              <a href={linkTo('node', { id: Number(goroutine.waiting_on_id) })}>{goroutine.waiting_on}</a>
            )}
          </dd>
        </div>
      )}
      <div>
        <dt>go to</dt>
        <dd class="links">
          <a href={linkTo('dominators', { id })}>what it keeps alive</a>
          <a href={linkTo('picture', { id, kind: 'icicle' })}>flame graph of it</a>
          {isObject && node.type_id !== null && (
            <a href={linkTo('objects', { type: Number(node.type_id) })}>all objects of this type</a>
          )}
        </dd>
      </div>
    </dl>
  )
}

function createdText({ created_by, created_by_file, created_by_line }: Row): string | null {
  if (created_by === null) return null
  return created_by_file === null
    ? String(created_by)
    : `${created_by} at ${created_by_file}:${created_by_line ?? '?'}`
}

/** Variables of a frame, and what else belongs to a root. */
function Parts({ rows, node, count }: { rows: Row[]; node: number; count: number }) {
  const most = rows.reduce((max, row) => Math.max(max, Number(row.retained_size)), 1)
  return (
    <section aria-labelledby="parts">
      <h2 id="parts">Made of</h2>
      <ShortTable
        label="Made of"
        rows={rows}
        whole={rows.length < count ? { table: 'parts', params: { id: node } } : undefined}
        count={count}
        keyOf={(row) => String(row.id)}
        columns={[
          {
            name: 'name',
            title: 'name',
            value: (row) => row.name,
            show: (row) => (
              <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.name)} most={70} />
            ),
          },
          {
            name: 'type',
            title: 'type',
            value: (row) => row.type,
            show: (row) => <Name text={String(row.type ?? '')} />,
          },
          {
            name: 'retained_size',
            title: 'retained',
            isNumber: true,
            width: '10rem',
            value: (row) => row.retained_size,
            show: (row) => <Bar bytes={Number(row.retained_size)} of={most} />,
          },
        ]}
      />
    </section>
  )
}
