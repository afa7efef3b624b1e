import { useState } from 'preact/hooks'
import { ask, type Row, useAnswer } from '../ask.ts'
import { formatCount } from '../format.ts'
import { adjust, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Bar, Name, NodeLink } from '../parts/names.tsx'

const PAGE = 100

/** The dominator tree, a level at a time. */
export function Dominators({ place }: { place: Place }) {
  const by = place.params.by ?? 'node'
  const id = Number(place.params.id ?? 0)
  return (
    <>
      <h1>Dominator tree</h1>
      <p class="quiet">
        Below each node is what it alone keeps alive; retained is what would become garbage with it.{' '}
        {id !== 0 && <a href={linkTo('dominators')}>From the top</a>}{' '}
        <a href={linkTo('picture', { id })}>As a picture</a>
      </p>
      <div class="controls">
        <fieldset>
          <legend class="hidden">Group</legend>
          {['node', 'type', 'package', 'goroutine'].map((choice) => (
            <label key={choice}>
              <input type="radio" name="by" checked={by === choice} onChange={() => adjust({ by: choice })} />
              {choice === 'node' ? 'each node' : `first level by ${choice}`}
            </label>
          ))}
        </fieldset>
      </div>
      {by === 'node' ? <Tree id={id} /> : <Grouped id={id} by={by} />}
    </>
  )
}

function Tree({ id }: { id: number }) {
  const asked = useAnswer<{ rows: Row[] }>('dominated', { id, limit: PAGE })
  return (
    <Await asked={asked}>
      {({ rows }) => (
        <div class="tree" role="tree" aria-label="Dominator tree" onKeyDown={walkTree}>
          <Branches id={id} rows={rows} level={1} most={Number(rows[0]?.retained_size ?? 1)} />
        </div>
      )}
    </Await>
  )
}

/** The children of a node. The server gives one row more than a page when there are more. */
function Branches({
  id,
  rows: first,
  level,
  most,
}: {
  id: number
  rows: Row[]
  level: number
  most: number
}) {
  const [rows, setRows] = useState(first)
  const full = rows.length > 0 && rows.length % PAGE === 1 && rows.length > PAGE
  const shown = full ? rows.slice(0, -1) : rows
  const more = () =>
    ask<{ rows: Row[] }>('dominated', { id, limit: PAGE, offset: shown.length }).then((next) =>
      setRows([...shown, ...next.rows]),
    )
  return (
    <>
      {shown.map((row) => (
        <Branch key={Number(row.id)} row={row} level={level} most={most} />
      ))}
      {full && (
        <div
          class="branch link"
          role="treeitem"
          aria-level={level}
          tabIndex={0}
          style={{ '--level': level }}
          onClick={() => void more()}
          onKeyDown={(event) => {
            if (event.key === 'Enter' || event.key === ' ') void more()
          }}
        >
          more…
        </div>
      )}
    </>
  )
}

function Branch({ row, level, most }: { row: Row; level: number; most: number }) {
  const [children, setChildren] = useState<Row[]>()
  const [reason, setReason] = useState('')
  const id = Number(row.id)
  const toggle = () => {
    if (!row.dominates) return
    if (children !== undefined) setChildren(undefined)
    else {
      ask<{ rows: Row[] }>('dominated', { id, limit: PAGE }).then(
        ({ rows }) => setChildren(rows),
        (error: Error) => setReason(error.message),
      )
    }
  }
  return (
    <>
      <div
        class="branch"
        role="treeitem"
        aria-level={level}
        aria-expanded={row.dominates ? children !== undefined : undefined}
        tabIndex={0}
        style={{ '--level': level }}
        onKeyDown={(event) => {
          if (
            (event.key === 'ArrowRight' && children === undefined) ||
            (event.key === 'ArrowLeft' && children !== undefined) ||
            event.key === ' '
          ) {
            toggle()
            event.preventDefault()
          } else if (event.key === 'Enter' && event.target === event.currentTarget) {
            window.location.hash = linkTo('node', { id })
          }
        }}
      >
        <span class="twig" onClick={toggle} aria-hidden="true">
          {row.dominates ? (children === undefined ? '▸' : '▾') : '·'}
        </span>
        <NodeLink id={id} kind={String(row.kind)} label={String(row.label)} most={100} />
        <span class="branch-figures">
          <span class="quiet">{formatCount(row.retained_count)} objects</span>
          <Bar bytes={Number(row.retained_size)} of={most} />
        </span>
      </div>
      {reason !== '' && <p class="failure">{reason}</p>}
      {children !== undefined && <Branches id={id} rows={children} level={level + 1} most={most} />}
    </>
  )
}

/** Up and down go through what is in sight, as trees do. */
function walkTree(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=treeitem]')]
  items[items.indexOf(document.activeElement as HTMLElement) + step]?.focus()
  event.preventDefault()
}

function Grouped({ id, by }: { id: number; by: string }) {
  const asked = useAnswer<{ rows: Row[]; isPart: boolean }>('dominated', { id, by })
  return (
    <Await asked={asked}>
      {({ rows, isPart }) => (
        <>
          {isPart && <p class="quiet">Of the 20,000 nodes that retain most.</p>}
          <table class="short">
            <thead>
              <tr>
                <th scope="col">{by}</th>
                <th scope="col" class="number">
                  nodes
                </th>
                <th scope="col" class="number">
                  retained together
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={`${row.kind} ${row.label}`}>
                  <td>
                    <span class="tag">{row.kind}</span>
                    {row.kind === 'object' && by === 'type' ? (
                      <a href={linkTo('objects', { type: Number(row.type_id ?? 0) })}>
                        <Name text={String(row.label)} most={100} />
                      </a>
                    ) : (
                      <Name text={String(row.label)} most={100} />
                    )}
                  </td>
                  <td class="number">{formatCount(row.count)}</td>
                  <td class="number">
                    <Bar bytes={Number(row.retained_size)} of={Number(rows[0].retained_size)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Await>
  )
}
