import { hierarchy, partition, treemap, treemapSquarify } from 'd3-hierarchy'
import { useEffect, useRef, useState } from 'preact/hooks'
import { cutMiddle, formatBytes, formatCount, formatPercent, hueOf, packageOf } from '../format.ts'

export interface Slice {
  id: number
  kind: string
  label: string
  value: number
  children: Slice[]
  /** Of nodes merged into one: how many, and the one that retains most. */
  nodes?: number
  node?: number
}

interface PictureProps {
  top: Slice
  /** Zooms in on a node. */
  zoom: (slice: Slice) => void
  /** Opens a node's own page. */
  open: (slice: Slice) => void
  /** Labels that contain it stand out. */
  highlight: string
}

interface Box {
  slice: Slice
  x: number
  y: number
  width: number
  height: number
  depth: number
}

const LEVEL = 22
const PIXEL_FOR_A_LETTER = 6.6

/** Icicle: a node above what it alone keeps alive, as wide as the bytes that would become garbage with it. */
export function Icicle(props: PictureProps) {
  return (
    <Picture
      {...props}
      name="Icicle of the dominator tree"
      lay={(top, width) => {
        const root = hierarchy(fillUp(top)).sum(({ own }) => own)
        const depth = Math.min(root.height + 1, 40)
        const laid = partition<Filled>().size([width, (root.height + 1) * LEVEL])(root)
        const boxes = laid
          .descendants()
          .filter((node) => node.depth < depth)
          .map((node) => ({
            slice: node.data.slice,
            x: node.x0,
            y: node.depth * LEVEL,
            width: node.x1 - node.x0,
            height: LEVEL,
            depth: node.depth,
          }))
        return { boxes, height: depth * LEVEL }
      }}
    />
  )
}

/** Treemap: a node around what it alone keeps alive, area for bytes. */
export function Treemap(props: PictureProps) {
  return (
    <Picture
      {...props}
      name="Treemap of the dominator tree"
      lay={(top, width) => {
        const height = Math.max(420, Math.min(900, window.innerHeight - 220))
        const root = hierarchy(fillUp(top)).sum(({ own }) => own)
        const laid = treemap<Filled>()
          .tile(treemapSquarify)
          .size([width, height])
          .paddingTop((node) => (node.x1 - node.x0 > 40 && node.y1 - node.y0 > 34 ? 17 : 2))
          .paddingInner(1)
          .paddingOuter(2)(root)
        const boxes = laid.descendants().map((node) => ({
          slice: node.data.slice,
          x: node.x0,
          y: node.y0,
          width: node.x1 - node.x0,
          height: node.y1 - node.y0,
          depth: node.depth,
        }))
        return { boxes, height }
      }}
    />
  )
}

/** A slice with the bytes that are its own, or of what is too small to be drawn. */
interface Filled {
  slice: Slice
  own: number
  children: Filled[]
}

function fillUp(slice: Slice): Filled {
  const children = slice.children.map(fillUp)
  const drawn = slice.children.reduce((sum, child) => sum + child.value, 0)
  return { slice, own: Math.max(0, slice.value - drawn), children }
}

function Picture({
  top,
  zoom,
  open,
  highlight,
  name,
  lay,
}: PictureProps & { name: string; lay: (top: Slice, width: number) => { boxes: Box[]; height: number } }) {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [pointed, setPointed] = useState<Slice>(top)
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useEffect(() => setPointed(top), [top])
  const { boxes, height } = width > 0 ? lay(top, width) : { boxes: [], height: 0 }
  const sought = highlight.toLowerCase()
  return (
    <div class="picture" ref={frame}>
      <p class="pointed" aria-live="polite">
        <b>{formatBytes(pointed.value)}</b> {formatPercent((100 * pointed.value) / Math.max(1, top.value))} ·{' '}
        <span class="mono">
          {pointed.kind === 'object' || pointed.kind === 'all' ? '' : `${pointed.kind} `}
          {cutMiddle(pointed.label, 140)}
          {pointed.nodes !== undefined && pointed.nodes > 1 ? ` ${formatCount(pointed.nodes)}×` : ''}
        </span>
      </p>
      <svg width={width} height={height} role="group" aria-label={name}>
        {boxes
          .filter((box) => box.width >= 0.7 && box.height >= 0.7)
          .map((box) => (
            <PictureBox
              key={box.slice.id}
              box={box}
              isFaint={sought !== '' && !box.slice.label.toLowerCase().includes(sought)}
              point={setPointed}
              zoom={zoom}
              open={open}
            />
          ))}
      </svg>
    </div>
  )
}

function PictureBox({
  box,
  isFaint,
  point,
  zoom,
  open,
}: {
  box: Box
  isFaint: boolean
  point: (slice: Slice) => void
  zoom: (slice: Slice) => void
  open: (slice: Slice) => void
}) {
  const { slice, x, y, width, height } = box
  const letters = Math.floor((width - 6) / PIXEL_FOR_A_LETTER)
  const packageName = packageOf(slice.label)
  return (
    <g
      class={`box${isFaint ? ' faint' : ''}`}
      role="button"
      aria-label={`${slice.label}, ${formatBytes(slice.value)}`}
      tabIndex={width > 24 ? 0 : -1}
      onMouseEnter={() => point(slice)}
      onFocus={() => point(slice)}
      onClick={(event) => (event.shiftKey ? open(slice) : zoom(slice))}
      onKeyDown={(event) => {
        if (event.key === 'Enter') (event.shiftKey ? open : zoom)(slice)
      }}
    >
      <rect
        x={x}
        y={y}
        width={Math.max(0.5, width - 0.6)}
        height={Math.max(0.5, height - 0.6)}
        class={slice.kind === 'object' ? (packageName === '' ? 'builtin' : '') : 'root'}
        style={{ '--hue': hueOf(packageName) }}
      />
      {letters > 3 && height >= 14 && (
        <text x={x + 4} y={y + 14}>
          {cutMiddle(slice.label, letters)}
        </text>
      )}
    </g>
  )
}
