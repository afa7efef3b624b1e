import { type Row, type Table, useAnswer } from '../ask.ts'
import { formatBytes, formatCount } from '../format.ts'
import { goTo, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Grid } from '../parts/grid.tsx'
import { Bar, Name, NodeLink } from '../parts/names.tsx'

interface NodeAnswer {
  node: Row
  fields: Row[]
  path?: Table
  dominators: Row[]
  outbound: Row[]
  outboundCount: number
  inbound: Row[]
  inboundCount: number
  strings?: Row[]
  stack?: Row[]
  goroutine?: Row
  frame?: Row
  parts?: Row[]
}

/** An object or a root: what it is, what keeps it alive, what it points at and what points at it. */
export function NodePage({ place }: { place: Place }) {
  const asked = useAnswer<NodeAnswer>('node', { id: Number(place.params.id) })
  return <Await asked={asked}>{(answer) => <Node {...answer} />}</Await>
}

function Node(answer: NodeAnswer) {
  const { node, parts } = answer
  return (
    <>
      <Title node={node} />
      <div class="columns inspector">
        <div>
          <Facts {...answer} />
          {node.kind === 'object' && <Values id={Number(node.id)} />}
          {parts !== undefined && parts.length > 0 && <Parts rows={parts} />}
          <Outbound {...answer} />
          {node.kind === 'object' && <Inbound {...answer} />}
        </div>
        <aside>
          {answer.path !== undefined && <Path table={answer.path} />}
          <Keepers rows={answer.dominators} node={node} />
          {answer.stack !== undefined && answer.stack.length > 0 && <AllocationStack rows={answer.stack} />}
        </aside>
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
      <Name text={isObject ? `${many}${node.type ?? '(type not known)'}` : String(node.name)} most={100} />
    </h1>
  )
}

function Facts({ node, goroutine, frame, strings = [] }: NodeAnswer) {
  const used =
    node.length === null || node.type_size === null ? null : Number(node.length) * Number(node.type_size)
  const isObject = node.kind === 'object'
  const facts: [string, string | number | null | undefined][] = [
    ['address', node.hex_address],
    ['type', isObject ? undefined : node.type],
    [
      'retained',
      node.retained_size === null
        ? 'nothing: it is garbage'
        : `${formatBytes(node.retained_size)} in ${formatCount(node.retained_count)} ${node.retained_count === 1 ? 'object' : 'objects'}`,
    ],
    ['size', isObject ? sizeText(node, used) : node.size === null ? undefined : formatBytes(node.size)],
    ['type known by', isObject ? node.type_source : undefined],
    [
      'state',
      isObject
        ? node.reachable
          ? 'reachable'
          : node.unswept
            ? 'found dead by the last collection, not yet swept'
            : 'garbage since the last collection'
        : undefined,
    ],
    ['hops from a root', node.distance],
    [
      'goroutine',
      goroutine &&
        `${goroutine.goid}, ${[goroutine.status, goroutine.wait_reason].filter(Boolean).join(': ')}`,
    ],
    ['created by', goroutine?.created_by],
    ['stack', goroutine && formatBytes(goroutine.stack_size)],
    ['at', frame && `${frame.file ?? '?'}:${frame.line ?? '?'}`],
    ...strings.map((row): [string, string] => [
      row.offset === 0 ? 'string' : `string at +${row.offset}`,
      row.value === null
        ? `${formatCount(row.length)} bytes; text is kept with goheap index --strings`
        : JSON.stringify(row.value),
    ]),
  ]
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      {isObject && node.type_id !== null && (
        <div>
          <dt>others</dt>
          <dd>
            <a href={linkTo('objects', { type: Number(node.type_id) })}>all objects of this type</a>
          </dd>
        </div>
      )}
      <div>
        <dt>seen as</dt>
        <dd>
          <a href={linkTo('dominators', { id: Number(node.id) })}>tree of what it keeps alive</a>,{' '}
          <a href={linkTo('picture', { id: Number(node.id) })}>picture</a>
        </dd>
      </div>
    </dl>
  )
}

function sizeText(node: Row, used: number | null): string {
  const header = Number(node.header_size)
  const parts = [
    used === null ? null : `${formatCount(used)} used`,
    header > 0 ? `${header} header` : null,
    used === null ? null : `${formatCount(Number(node.size) - header - used)} padding`,
  ].filter((part) => part !== null)
  return `${formatCount(node.size)} B slot${parts.length > 0 ? ` = ${parts.join(' + ')}` : ''}`
}

/** Fields with their values, read from the core when it is at hand. */
function Values({ id }: { id: number }) {
  const asked = useAnswer<{ values: Row[] | null; missing: string | null }>('values', { id })
  return (
    <section aria-labelledby="values">
      <h2 id="values">Value</h2>
      <Await asked={asked}>
        {({ values, missing }) =>
          values === null ? (
            <p class="quiet">Not read: {missing}.</p>
          ) : (
            <Grid
              label="Values"
              sortsInAddress={false}
              visible={14}
              rows={values}
              open={(row) => row.target_id !== null && goTo('node', { id: Number(row.target_id) })}
              columns={[
                {
                  name: 'field',
                  title: 'field',
                  value: (row) => row.field,
                  show: (row) => <Name text={row.field === '' ? '(itself)' : String(row.field)} most={44} />,
                },
                {
                  name: 'value',
                  title: 'value',
                  width: 'minmax(14rem, 2fr)',
                  value: (row) => row.value,
                  show: (row) =>
                    row.value === null ? (
                      <span class="quiet">unknown</span>
                    ) : row.target_id === null ? (
                      <Name text={String(row.value)} most={90} />
                    ) : (
                      <a href={linkTo('node', { id: Number(row.target_id) })}>
                        <Name text={String(row.value)} most={90} />
                      </a>
                    ),
                },
                {
                  name: 'type',
                  title: 'type',
                  value: (row) => row.type,
                  show: (row) => <Name text={String(row.type ?? '')} most={36} />,
                },
              ]}
            />
          )
        }
      </Await>
    </section>
  )
}

function Path({ table }: { table: Table }) {
  const at = Object.fromEntries(table.columns.map(({ name }, i) => [name, i]))
  return (
    <section aria-labelledby="path">
      <h2 id="path">Path from a root</h2>
      {table.rows.length < 2 ? (
        <p class="quiet">No root reaches it.</p>
      ) : (
        <ol class="path">
          {table.rows.map((row) => (
            <li key={String(row[at.id])}>
              <NodeLink
                id={Number(row[at.id])}
                kind={String(row[at.kind])}
                label={String(row[at.label])}
                most={48}
              />
              {row[at.field] !== null && row[at.field] !== '' && (
                <span class="field mono">{row[at.field]}</span>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function Keepers({ rows, node }: { rows: Row[]; node: Row }) {
  return (
    <section aria-labelledby="dominators">
      <h2 id="dominators">Kept alive by</h2>
      {rows.length === 0 ? (
        <p class="quiet">
          {node.retained_size === null
            ? 'Nothing.'
            : node.kind === 'object'
              ? 'No one node alone: several share it.'
              : 'It is a root.'}
        </p>
      ) : (
        <ol class="path">
          {rows.map((row) => (
            <li key={String(row.id)}>
              <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.label)} most={48} />
              <span class="quiet">{formatBytes(row.retained_size)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function AllocationStack({ rows }: { rows: Row[] }) {
  return (
    <section aria-labelledby="allocated">
      <h2 id="allocated">Allocated by</h2>
      <ol class="path">
        {rows.map((row) => (
          <li key={String(row.depth)}>
            <Name text={String(row.function)} most={56} />
            <div class="quiet small">
              {row.file}:{row.line}
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Parts({ rows }: { rows: Row[] }) {
  const most = rows.reduce((max, row) => Math.max(max, Number(row.retained_size)), 1)
  return (
    <section aria-labelledby="parts">
      <h2 id="parts">Made of</h2>
      <table class="short">
        <tbody>
          {rows.map((row) => (
            <tr key={String(row.id)}>
              <td>
                <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.name)} most={70} />
                <div class="quiet small">{row.file !== null ? `${row.file}:${row.line}` : row.type}</div>
              </td>
              <td class="number">
                <Bar bytes={Number(row.retained_size)} of={most} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Outbound({ fields, outbound, outboundCount }: NodeAnswer) {
  // A field of a single value is shown with what it points at; elements of arrays are told by the paths of the pointers.
  return (
    <section aria-labelledby="outbound">
      <h2 id="outbound">
        Points at <span class="quiet">{formatCount(outboundCount)} pointers</span>
      </h2>
      {outbound.length > 0 && (
        <Grid
          label="Outbound pointers"
          sortsInAddress={false}
          visible={12}
          rows={outbound}
          columns={[
            {
              name: 'path',
              title: 'field',
              value: (row) => row.path,
              show: (row) => <Name text={fieldText(row)} most={60} />,
            },
            {
              name: 'target',
              title: 'points at',
              value: (row) => row.label,
              show: (row) => <NodeLink id={Number(row.target_id)} label={withOffset(row)} most={70} />,
            },
            {
              name: 'size',
              title: 'size',
              isNumber: true,
              width: '6rem',
              value: (row) => row.size,
              show: (row) => formatBytes(row.size),
            },
            {
              name: 'retained_size',
              title: 'retained',
              isNumber: true,
              width: '7rem',
              value: (row) => row.retained_size,
              show: (row) => (row.retained_size === null ? '' : formatBytes(row.retained_size)),
            },
            {
              name: 'is_bridge',
              title: 'only holder',
              doc: 'setting this pointer to nil would make what it points at garbage',
              width: '7rem',
              value: (row) => row.is_bridge,
              show: (row) => (row.is_bridge ? 'yes' : ''),
            },
          ]}
        />
      )}
      {outbound.length < outboundCount && <p class="quiet">The first {outbound.length} are shown.</p>}
      {fields.length > 0 && (
        <details>
          <summary>Fields of the type ({fields.length})</summary>
          <table class="short">
            <thead>
              <tr>
                <th scope="col" class="number">
                  offset
                </th>
                <th scope="col">field</th>
                <th scope="col">type</th>
                <th scope="col" class="number">
                  bytes
                </th>
              </tr>
            </thead>
            <tbody>
              {fields.map((row) => (
                <tr key={String(row.position)}>
                  <td class="number">{row.offset}</td>
                  <td class="mono">{row.name}</td>
                  <td>
                    <Name text={String(row.type)} />
                  </td>
                  <td class="number">{row.size}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </section>
  )
}

function Inbound({ inbound, inboundCount }: NodeAnswer) {
  return (
    <section aria-labelledby="inbound">
      <h2 id="inbound">
        Pointed at by <span class="quiet">{formatCount(inboundCount)} pointers</span>
      </h2>
      {inbound.length > 0 && (
        <Grid
          label="Inbound pointers"
          sortsInAddress={false}
          visible={12}
          rows={inbound}
          columns={[
            {
              name: 'source',
              title: 'holder',
              value: (row) => row.label,
              show: (row) => (
                <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.label)} most={70} />
              ),
            },
            {
              name: 'path',
              title: 'field',
              value: (row) => row.path,
              show: (row) => <Name text={fieldText(row)} most={60} />,
            },
            {
              name: 'retained_size',
              title: 'holder retains',
              isNumber: true,
              width: '8rem',
              value: (row) => row.retained_size,
              show: (row) => (row.reachable ? formatBytes(row.retained_size) : 'garbage'),
            },
            {
              name: 'is_bridge',
              title: 'only holder',
              doc: 'setting this pointer to nil would make the object garbage',
              width: '7rem',
              value: (row) => row.is_bridge,
              show: (row) => (row.is_bridge ? 'yes' : ''),
            },
          ]}
        />
      )}
      {inbound.length < inboundCount && <p class="quiet">The first {inbound.length} are shown.</p>}
    </section>
  )
}

const fieldText = (row: Row) =>
  row.path === null ? `+${row.offset}` : row.path === '' ? '(itself)' : String(row.path)
const withOffset = (row: Row) =>
  row.target_offset === 0 ? String(row.label) : `${row.label} +${row.target_offset}`
