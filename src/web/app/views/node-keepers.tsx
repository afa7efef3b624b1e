import type { Row, Table } from '../ask.ts'
import { formatBytes } from '../format.ts'
import { Breakable, Name, NodeLink } from '../parts/names.tsx'

/** The way from a root to the object: each node with its field that points at the next one. */
export function Path({ table, node }: { table: Table; node: Row }) {
  const at = Object.fromEntries(table.columns.map(({ name }, i) => [name, i]))
  return (
    <section aria-labelledby="path">
      <h2 id="path">Path from a root</h2>
      {table.rows.length < 2 ? (
        <p class="quiet">
          {node.reachable === null ? 'Not known whether a root reaches it.' : 'No root reaches it.'}
        </p>
      ) : (
        <ol class="path">
          {table.rows.map((row) => (
            <li key={String(row[at.id])}>
              <NodeLink
                most={60}
                id={Number(row[at.id])}
                kind={String(row[at.kind])}
                label={String(row[at.label])}
              />
              {row[at.field] !== null && row[at.field] !== '' && (
                <span class="field mono">
                  <Breakable text={String(row[at.field])} />
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

/** The nodes that alone keep it alive, nearest first. */
export function Keepers({ rows, node }: { rows: Row[]; node: Row }) {
  return (
    <section aria-labelledby="dominators">
      <h2 id="dominators">Kept alive by</h2>
      {rows.length === 0 ? (
        <p class="quiet">{noKeeperText(node)}</p>
      ) : (
        <ol class="path">
          {rows.map((row) => (
            <li key={String(row.id)}>
              <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.label)} most={60} />{' '}
              <span class="quiet small">{formatBytes(row.retained_size)}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function noKeeperText({ reachable, retained_size }: Row): string {
  if (retained_size !== null) return 'No one node alone: several share it.'
  return reachable === null ? 'Not known.' : 'Nothing.'
}

/** Where it was allocated, when the runtime's own profile sampled it. */
export function AllocationStack({ rows }: { rows: Row[] }) {
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
