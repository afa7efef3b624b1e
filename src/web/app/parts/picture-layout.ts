import { hierarchy, partition, treemap, treemapSquarify } from 'd3-hierarchy'
import { packageOf } from '../format.ts'

/** Part of a picture. Bytes. */
export interface Slice {
  id: number
  kind: string
  label: string
  /** Its own bytes and those of all below, drawn or not. */
  value: number
  size: number
  children: Slice[]
  /** Of nodes merged into one: how many, and the one that retains most. */
  nodes?: number
  node?: number
}

export interface Box {
  slice: Slice
  /** What is drawn instead of slices too small to be. */
  isRest: boolean
  /** Names of the slices that are drawn as this one, outermost first. */
  names: string[]
  /** Of the outermost. */
  bytes: number
  /** Package of the type or, of types without one, of what holds it. */
  packageName: string
  /** There is room for a name that no other box covers. */
  isNamed: boolean
  x: number
  y: number
  width: number
  height: number
}

export interface Layout {
  boxes: Box[]
  height: number
}

export type Lay = (top: Slice, width: number) => Layout

const LEVEL = 22
const MOST_LEVELS = 40

/** Icicle: a node above what it alone keeps alive, as wide as the bytes that would become garbage with it. */
export const layIcicle: Lay = (top, width) => {
  const root = hierarchy(fillUp(top, 1)).sum(({ own }) => own)
  const levels = Math.min(root.height + 1, MOST_LEVELS)
  const laid = partition<Filled>().size([width, (root.height + 1) * LEVEL])(root)
  return {
    boxes: laid
      .descendants()
      .filter(({ depth }) => depth < levels)
      .map(({ data, depth, x0, x1 }) => ({
        ...data,
        isNamed: true,
        x: x0,
        y: depth * LEVEL,
        width: x1 - x0,
        height: LEVEL,
      })),
    height: levels * LEVEL,
  }
}

/** Room for the name of a box that has others in it. */
const HEAD = 17
const LEAST_HEIGHT = 420
const MOST_HEIGHT = 1100
/** What stands above and below a picture. */
const AROUND = 290

/** A box in which one other takes this much of it is drawn as that one. */
const CHAIN_SHARE = 0.96

/** Treemap: a node around what it alone keeps alive, area for bytes. */
export const layTreemap: Lay = (top, width) => {
  const height = Math.max(LEAST_HEIGHT, Math.min(MOST_HEIGHT, window.innerHeight - AROUND))
  const root = hierarchy(fillUp(top, CHAIN_SHARE)).sum(({ own }) => own)
  const laid = treemap<Filled>()
    .tile(treemapSquarify)
    .size([width, height])
    .paddingOuter(2)
    .paddingTop((box) => (hasHead(box) ? HEAD : 2))
    .paddingInner(1)(root)
  return {
    boxes: laid.descendants().map(({ data, x0, x1, y0, y1 }) => ({
      ...data,
      isNamed: data.children.length === 0 || hasHead({ x0, x1, y0, y1 }),
      x: x0,
      y: y0,
      width: x1 - x0,
      height: y1 - y0,
    })),
    height,
  }
}

const hasHead = ({ x0, x1, y0, y1 }: Record<'x0' | 'x1' | 'y0' | 'y1', number>) =>
  x1 - x0 > 50 && y1 - y0 > 36

interface Filled {
  slice: Slice
  isRest: boolean
  names: string[]
  bytes: number
  packageName: string
  /** Bytes that no child has. */
  own: number
  children: Filled[]
}

/** Adds what is too small to be drawn; slices of which one child takes `chain` of the bytes or more become that child. */
function fillUp(outer: Slice, chain: number, holder = ''): Filled {
  let slice = outer
  const names = [slice.label]
  while (chain < 1 && slice.children[0] !== undefined && slice.children[0].value >= chain * slice.value) {
    slice = slice.children[0]
    names.push(slice.label)
  }
  const packageName = names.reduce((outside, name) => packageOf(name) || outside, holder)
  const children = slice.children.map((child) => fillUp(child, chain, packageName))
  const drawn = slice.children.reduce((sum, child) => sum + child.value, 0)
  const rest = Math.max(0, slice.value - slice.size - drawn)
  if (rest > 0 && children.length > 0) {
    const label = 'others'
    const small = { ...slice, label, value: rest, size: rest, children: [] }
    children.push({
      slice: small,
      isRest: true,
      names: [label],
      bytes: rest,
      packageName,
      own: rest,
      children: [],
    })
  }
  const isLeaf = children.length === 0
  // What chains leave out is the outer ones' own: a box has all bytes of the outermost.
  return {
    slice,
    isRest: false,
    names,
    bytes: outer.value,
    packageName,
    own: (isLeaf ? slice.value : Math.min(slice.size, slice.value)) + outer.value - slice.value,
    children,
  }
}
