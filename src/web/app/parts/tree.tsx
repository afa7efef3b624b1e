import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { type Row, useAnswer } from '../ask.ts'
import { formatBytes, formatCount, formatPercent } from '../format.ts'
import { adjust, linkTo } from '../location.ts'
import { Bar, LETTER_WIDTH, Name, NodeLink, Room } from './names.tsx'
import { useWidth } from './width.ts'

const PAGE = 100
/** Pixels of all columns but the first, and of a level, as in the style sheet. */
const FIGURES_WIDTH = 450
const LEVEL_WIDTH = 18

/** What all branches of a tree have in common. */
export interface Forest {
  /** Bytes that shares are of. */
  total: number
  /** Keys of branches that are open. */
  opened: ReadonlySet<string>
  /** Key of the branch that has the keyboard; '' for the first. */
  current: string
  setCurrent: (key: string) => void
}

/** Parameters of the answer `dominated`. */
type Query = Record<string, string | number>

/** Several nodes shown as one branch. */
interface Group {
  row: Row
  /** Asks for the nodes. */
  query: Query
  note: string
}

const SEPARATOR = '~'

/** Keys of the branches that are open: ids of nodes, kind and label of groups. */
export const readOpened = (text: string | undefined): ReadonlySet<string> =>
  new Set((text ?? '').split(SEPARATOR).flatMap(readKey))

/** None for what is left of a link that was cut off. */
function readKey(text: string): string[] {
  try {
    return text === '' ? [] : [decodeURIComponent(text)]
  } catch {
    return []
  }
}

function toggle({ opened }: Forest, key: string): void {
  const next = new Set(opened)
  if (!next.delete(key)) next.add(key)
  const text = [...next].map((each) => encodeURIComponent(each).replaceAll(SEPARATOR, '%7E')).join(SEPARATOR)
  adjust({ open: text })
}

/** The frame of a tree: column heads, and keys that walk through it. */
export function Tree({ label, children }: { label: string; children: ComponentChildren }) {
  const body = useRef<HTMLDivElement>(null)
  const width = useWidth(body)
  const room = width === 0 ? undefined : Math.floor((width - FIGURES_WIDTH) / LETTER_WIDTH)
  return (
    <div class="tree" role="treegrid" aria-label={label} ref={body} onKeyDown={walk}>
      <div class="branch branch-head" role="row">
        <span role="columnheader">name</span>
        <span role="columnheader" title="bytes of the object itself">
          size
        </span>
        <span role="columnheader" title="objects that would become garbage with it">
          objects
        </span>
        <span role="columnheader" title="of all bytes of this tree">
          share
        </span>
        <span role="columnheader" title="bytes that would become garbage with it">
          retained
        </span>
      </div>
      <Room.Provider value={room}>{children}</Room.Provider>
    </div>
  )
}

interface BranchesProps {
  query: Query
  level: number
  forest: Forest
  /** Shown instead of the nodes that `query` asks for. */
  groups?: Group[]
  /** How many there are, where the server may not find all of them. */
  expected?: number | undefined
}

/** What is below a node, a page at a time. */
export function Branches({ query, level, forest, groups, expected }: BranchesProps) {
  const [pages, setPages] = useState(1)
  if (groups !== undefined) {
    return (
      <>
        {groups.map(({ row, query: inner, note }, i) => {
          const key = `${row.kind} ${row.label}`
          return (
            <Branch {...{ row, level, forest, note }} below={inner} name={key} key={key} isFirst={i === 0} />
          )
        })}
      </>
    )
  }
  return (
    <>
      {Array.from({ length: pages }, (_, page) => (
        <BranchPage
          key={page}
          {...{ query, level, forest, page, expected }}
          more={page === pages - 1 ? () => setPages(pages + 1) : undefined}
        />
      ))}
    </>
  )
}

interface PageProps {
  query: Query
  level: number
  forest: Forest
  page: number
  more: (() => void) | undefined
  expected: number | undefined
}

function BranchPage({ query, level, forest, page, more, expected }: PageProps) {
  const asked = useAnswer<{ rows: Row[] }>('dominated', { ...query, limit: PAGE, offset: page * PAGE })
  if (asked.state === 'asking') return <Remark text="Reading…" level={level} kind="waiting" />
  if (asked.state === 'failed') return <Remark text={asked.reason} level={level} kind="failure" />
  // The server gives one row more than a page when there are more.
  const { rows } = asked.answer
  const left = expected === undefined || rows.length > PAGE ? 0 : expected - page * PAGE - rows.length
  return (
    <>
      {rows.slice(0, PAGE).map((row, i) => (
        <Branch
          key={Number(row.id)}
          row={row}
          below={row.dominates ? { id: Number(row.id) } : undefined}
          name={String(row.id)}
          level={level}
          forest={forest}
          isFirst={level === 1 && page === 0 && i === 0}
        />
      ))}
      {left > 0 && (
        <Remark
          text={`${formatCount(left)} ${rows.length === 0 ? 'node' : 'other'}${left === 1 ? '' : 's'}, not among the thousands that retain most`}
          level={level}
          kind="left"
        />
      )}
      {rows.length > PAGE && more !== undefined && (
        <div
          class="branch more"
          role="row"
          aria-level={level}
          tabIndex={-1}
          style={{ '--level': level }}
          onClick={more}
          onKeyDown={(event) => {
            if (event.key === 'Enter' || event.key === ' ') more()
          }}
        >
          <span role="gridcell">more…</span>
        </div>
      )}
    </>
  )
}

function Remark({ text, level, kind }: { text: string; level: number; kind: string }) {
  return (
    <div class={`branch quiet ${kind}`} role="row" aria-level={level} style={{ '--level': level }}>
      <span role="gridcell">{text}</span>
    </div>
  )
}

interface BranchProps {
  row: Row
  /** What asks for the nodes below; undefined for none. */
  below: Query | undefined
  /** Key in Forest.opened. */
  name: string
  level: number
  forest: Forest
  isFirst: boolean
  /** Before the name of a group. */
  note?: string
}

function Branch({ row, below, name, level, forest, isFirst, note }: BranchProps) {
  const isOpen = below !== undefined && forest.opened.has(name)
  const flip = () => below !== undefined && toggle(forest, name)
  const share = (100 * Number(row.retained_size)) / Math.max(1, forest.total)
  return (
    <>
      <div
        class="branch"
        role="row"
        aria-level={level}
        aria-expanded={below === undefined ? undefined : isOpen}
        tabIndex={forest.current === name || (forest.current === '' && isFirst) ? 0 : -1}
        style={{ '--level': level }}
        onFocus={() => forest.setCurrent(name)}
        onClick={(event) => {
          if (!(event.target instanceof Element) || event.target.closest('a') === null) flip()
        }}
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget) return
          if (event.key === ' ' || event.key === (isOpen ? 'ArrowLeft' : 'ArrowRight')) {
            if (below === undefined) return
            flip()
            event.preventDefault()
            // To open is not to go on, nor is to close to go up.
            event.stopPropagation()
          } else if (event.key === 'Enter') {
            if (note === undefined) window.location.hash = linkTo('node', { id: Number(row.id) })
            else flip()
          }
        }}
      >
        <span role="gridcell" class="branch-name">
          <span class="twig" aria-hidden="true">
            {below === undefined ? '' : isOpen ? '▾' : '▸'}
          </span>
          <BranchName row={row} note={note} level={level} />
        </span>
        <span role="gridcell" class="quiet">
          {row.size === null || row.size === 0 ? '' : formatBytes(row.size)}
        </span>
        <span role="gridcell" class="quiet">
          {formatCount(row.retained_count)}
        </span>
        <span role="gridcell" class="quiet">
          {formatPercent(share)}
        </span>
        <span role="gridcell">
          <Bar bytes={Number(row.retained_size)} of={forest.total} />
        </span>
      </div>
      {isOpen && (
        <Branches
          query={below}
          level={level + 1}
          forest={forest}
          expected={note === undefined ? undefined : Number(row.count)}
        />
      )}
    </>
  )
}

function BranchName({ row, note, level }: { row: Row; note: string | undefined; level: number }) {
  const indent = Math.ceil(((level - 1) * LEVEL_WIDTH) / LETTER_WIDTH)
  return (
    <Room.Consumer>
      {(room) => (
        <Room.Provider value={room === undefined ? undefined : room - indent - (note?.length ?? 0)}>
          {note === undefined ? (
            <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.label)} />
          ) : (
            <>
              {row.kind !== 'object' && <span class="tag">{row.kind}</span>}
              <b class="times">{note}</b>
              <Name text={String(row.label)} taken={row.kind === 'object' ? 0 : 14} />
            </>
          )}
        </Room.Provider>
      )}
    </Room.Consumer>
  )
}

/** Up and down go through what is in sight; left to the branch above. */
function walk(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role=row][tabindex]')]
  const focused = document.activeElement
  const at = focused instanceof HTMLElement ? items.indexOf(focused) : -1
  if (at < 0) return
  const levelOf = (item: HTMLElement) => Number(item.getAttribute('aria-level'))
  const moves: Record<string, () => HTMLElement | undefined> = {
    ArrowDown: () => items[at + 1],
    ArrowUp: () => items[at - 1],
    Home: () => items[0],
    End: () => items[items.length - 1],
    ArrowLeft: () => items.slice(0, at).findLast((item) => levelOf(item) < levelOf(items[at])),
    ArrowRight: () => (levelOf(items[at + 1] ?? items[at]) > levelOf(items[at]) ? items[at + 1] : undefined),
  }
  const move = moves[event.key]
  if (move === undefined) return
  move()?.focus()
  event.preventDefault()
}
