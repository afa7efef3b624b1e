import { useMemo, useRef, useState } from 'preact/hooks'
import {
  cutMiddle,
  formatBytes,
  formatCount,
  formatPercent,
  hueOf,
  packageOf,
  shortenPaths,
} from '../format.ts'
import type { Box, Lay, Slice } from './picture-layout.ts'
import { useWidth } from './width.ts'

export type { Slice } from './picture-layout.ts'

interface PictureProps {
  name: string
  top: Slice
  lay: Lay
  /** Labels that contain it stand out. */
  highlight: string
  /** Highlights a package, '' for none. */
  choosePackage: (name: string) => void
  zoom: (slice: Slice) => void
  zoomOut: () => void
  /** Opens a node's own page. */
  open: (slice: Slice) => void
}

const PIXELS_A_LETTER = 6.8
/** Smaller ones are not drawn. */
const LEAST_PIXELS = 0.7

/** Boxes that can be pointed at, walked through by keys, zoomed into and opened. */
export function Picture({ name, top, lay, highlight, choosePackage, zoom, zoomOut, open }: PictureProps) {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const [pointed, setPointed] = useState<Box>()
  const [current, setCurrent] = useState(0)
  const { boxes, height } = useMemo(
    () => (width > 0 ? lay(top, width) : { boxes: [], height: 0 }),
    [lay, top, width],
  )
  const drawn = useMemo(
    () => boxes.filter((box) => box.width >= LEAST_PIXELS && box.height >= LEAST_PIXELS),
    [boxes],
  )
  const sought = highlight.toLowerCase()
  const onKeyDown = (event: KeyboardEvent & { currentTarget: SVGElement }) => {
    const box = drawn[current]
    if (box === undefined) return
    if (event.key === 'Enter' && !box.isRest) (event.shiftKey ? open : zoom)(box.slice)
    else if (event.key === 'Backspace' || event.key === 'Escape') zoomOut()
    else {
      const next = neighbour(drawn, current, event.key)
      if (next === undefined) return
      setCurrent(next)
      event.currentTarget.querySelectorAll<SVGElement>('.box')[next]?.focus()
    }
    event.preventDefault()
  }
  const told = pointed ?? drawn[0]
  return (
    <div class="picture" ref={frame}>
      <p class="pointed" aria-live="polite">
        {told !== undefined && <Told box={told} of={top.value} />}
      </p>
      <svg width={width} height={height} role="group" aria-label={name} onKeyDown={onKeyDown}>
        {drawn.map((box, i) => (
          <g
            key={i}
            class={`box${sought !== '' && !isSought(box, sought) ? ' faint' : ''}`}
            role="button"
            aria-label={`${box.names.join(' › ')}, ${formatBytes(box.bytes)}`}
            data-copy={box.names[box.names.length - 1]}
            tabIndex={i === current ? 0 : -1}
            onMouseEnter={() => setPointed(box)}
            onFocus={() => {
              setCurrent(i)
              setPointed(box)
            }}
            onClick={(event) => {
              if (!box.isRest) (event.shiftKey ? open : zoom)(box.slice)
            }}
          >
            <Drawn box={box} />
          </g>
        ))}
      </svg>
      <Legend boxes={drawn} chosen={highlight} choose={choosePackage} />
    </div>
  )
}

const isSought = ({ names }: Box, sought: string) => names.some((name) => name.toLowerCase().includes(sought))

function Told({ box, of }: { box: Box; of: number }) {
  const { slice, names, bytes } = box
  return (
    <>
      <b>{formatBytes(bytes)}</b> {formatPercent((100 * bytes) / Math.max(1, of))}
      {names.length === 1 && slice.size > 0 && slice.size !== bytes && (
        <span class="quiet"> ({formatBytes(slice.size)} itself)</span>
      )}{' '}
      · {slice.nodes !== undefined && slice.nodes > 1 && !box.isRest ? `${formatCount(slice.nodes)}× ` : ''}
      <span class="mono">
        {slice.kind === 'object' || slice.kind === 'all' || box.isRest ? '' : `${slice.kind} `}
        {cutMiddle(names.join(' › '), 150)}
      </span>
    </>
  )
}

function Drawn({ box: { slice, isRest, isNamed, names, packageName, x, y, width, height } }: { box: Box }) {
  const letters = Math.floor((width - 6) / PIXELS_A_LETTER)
  const isOwn = packageOf(slice.label) !== ''
  const look = isRest
    ? 'rest'
    : slice.kind !== 'object'
      ? 'root'
      : isOwn
        ? ''
        : packageName === ''
          ? 'builtin'
          : 'pale'
  return (
    <>
      <rect
        x={x}
        y={y}
        width={Math.max(0.5, width - 0.6)}
        height={Math.max(0.5, height - 0.6)}
        class={look}
        style={{ '--hue': hueOf(packageName) }}
      />
      {letters > 3 && height >= 14 && isNamed && (
        <text x={x + 4} y={y + 14}>
          {fitNames(names, letters)}
        </text>
      )}
    </>
  )
}

/** The last name is what counts; those before it come along when there is room. */
function fitNames(names: readonly string[], letters: number): string {
  const all = names.map(shortenPaths)
  const last = all[all.length - 1]
  const chain = all.join(' › ')
  if (chain.length <= letters) return chain
  const some = `… › ${last}`
  if (all.length > 1 && some.length <= letters) {
    const first = `${all[0]} › … › ${last}`
    return all.length > 2 && first.length <= letters ? first : some
  }
  return letters < 12
    ? `${last.slice(0, letters - 1)}${last.length > letters - 1 ? '…' : ''}`
    : cutMiddle(last, letters)
}

const MOST_PACKAGES = 10

/** What colours stand for: the packages that take most of the picture. A click highlights one. */
function Legend({
  boxes,
  chosen,
  choose,
}: {
  boxes: readonly Box[]
  chosen: string
  choose: (name: string) => void
}) {
  const bytes = new Map<string, number>()
  for (const { slice, isRest } of boxes) {
    const name = packageOf(slice.label)
    if (!isRest && name !== '' && slice.kind === 'object')
      bytes.set(name, (bytes.get(name) ?? 0) + slice.size)
  }
  const names = [...bytes].sort((a, b) => b[1] - a[1]).slice(0, MOST_PACKAGES)
  return (
    <ul class="legend" aria-label="Colours">
      {names.map(([name]) => (
        <li key={name}>
          <button
            type="button"
            class="plain"
            aria-pressed={chosen === `${name}.`}
            onClick={() => choose(chosen === `${name}.` ? '' : `${name}.`)}
          >
            <span class="chip" style={{ '--hue': hueOf(name) }} />
            {name}
          </button>
        </li>
      ))}
      <li class="quiet">
        <span class="chip pale" />
        types without a package, as what holds them
      </li>
      <li class="quiet">
        <span class="chip root" />
        variables, goroutines
      </li>
    </ul>
  )
}

/** Number of the box that an arrow leads to: down into a box, up out of it, left and right along. */
function neighbour(boxes: readonly Box[], at: number, key: string): number | undefined {
  const from = boxes[at]
  const centre = from.x + from.width / 2
  const isInside = (a: Box, b: Box) => a.x >= b.x - 0.01 && a.x + a.width <= b.x + b.width + 0.01
  const candidates = boxes
    .map((box, i) => ({ box, i }))
    .filter(({ box, i }) => {
      if (i === at) return false
      // Boxes of a flame graph stand below each other, those of a treemap in each other.
      if (key === 'ArrowDown') return box.y > from.y && isInside(box, from)
      if (key === 'ArrowUp') return box.y < from.y && isInside(from, box)
      if (key === 'ArrowRight') return box.x >= from.x + from.width - 0.01 && touches(box, from)
      if (key === 'ArrowLeft') return box.x + box.width <= from.x + 0.01 && touches(box, from)
      return false
    })
  const distance = ({ box }: { box: Box }) =>
    key === 'ArrowDown' || key === 'ArrowUp'
      ? Math.abs(box.y - from.y) * 10_000 + (key === 'ArrowDown' ? box.x : 0)
      : Math.abs(box.x + box.width / 2 - centre)
  return candidates.sort((a, b) => distance(a) - distance(b))[0]?.i
}

const touches = (a: Box, b: Box) => a.y < b.y + b.height && b.y < a.y + a.height && a.height <= b.height * 4
