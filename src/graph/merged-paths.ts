import type { BitSet } from '../base/bitset.ts'
import { GrowableColumn } from '../base/columns.ts'
import type { RootGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex, type ObjectIndex } from '../model/types.ts'
import { LabelPlaces, type Places } from './label-tree.ts'

/** Shortest paths from roots to objects of a set, merged by the labels along them: parents before children. */
export interface MergedPaths extends Places {
  /** Objects of the set at the place and below. */
  readonly objects: Float64Array
  /** Their slot bytes. */
  readonly size: Float64Array
  /** The object of the set at the place itself, or below, that comes first. */
  readonly example: Int32Array
  /** Number of the field by which the place above leads here, NONE when it is not known, SEVERAL for more than one. */
  readonly field: Int32Array
  /** Objects of the set that are not in the tree of paths. */
  readonly lost: number
}

/** Shortest paths to objects, as a search finds them. */
export interface PathTree {
  /** Objects found. */
  readonly count: number
  /** The first `count` entries are these objects, nearest to a root first; undefined: 0, 1, ... */
  readonly order?: Int32Array
  /** Per object found: the node before it. */
  readonly parent: Int32Array
  /** Per object found: words of 8 bytes from the address of that node to the pointer that was followed. */
  readonly word: Int32Array
}

/** In place of a number of a field. */
export const SEVERAL = -2

const UNSET = -3

export interface MergeOptions {
  labelOf(node: NodeIndex): number
  /** Bytes of an object. */
  sizeOf(object: ObjectIndex): number
  /** A word of a node as one of a value: nodes of one label have the same fields at the same words. */
  wordWithin(node: NodeIndex, word: number): number
  /** Number of the field at such a word, or NONE. */
  fieldOf(node: NodeIndex, word: number): number
}

/** Steps that were made lately, by place and label they came from, word and label they came to: millions are few ones. */
const RECENT = 4096

/** Each object of the set counts at the one path that the tree has for it. */
export function mergeRootPaths(
  graph: RootGraph,
  { count, order, parent, word }: PathTree,
  targets: BitSet,
  { labelOf, sizeOf, wordWithin, fieldOf }: MergeOptions,
): MergedPaths {
  const { objectCount, rootCount } = graph
  // What lies on a path to the set: parents come before their children.
  const wanted = targets.first(objectCount)
  for (let i = count - 1; i >= 0; i--) {
    const object = order === undefined ? i : order[i]
    if (wanted.has(object) && parent[object] < objectCount) wanted.add(parent[object])
  }
  const places = new LabelPlaces()
  const placeOf = new Int32Array(objectCount + rootCount).fill(NONE)
  const fields = new GrowableColumn(Int32Array)
  // Of each: place, label, word, label, and the place that it came to.
  const recent = new Int32Array(5 * RECENT).fill(UNSET)
  for (let i = 0; i < count; i++) {
    const object = order === undefined ? i : order[i]
    if (!wanted.has(object)) continue
    const above = parent[object]
    if (above >= objectCount && placeOf[above] === NONE)
      placeOf[above] = findRootPlace(graph, above, places, labelOf)
    const from = placeOf[above]
    const fromLabel = labelOf(above)
    const label = labelOf(object)
    const within = wordWithin(above, word[object])
    const step =
      5 * ((Math.imul(from, 31) + Math.imul(label, 17) + Math.imul(fromLabel, 7) + within) & (RECENT - 1))
    if (
      recent[step] === from &&
      recent[step + 1] === fromLabel &&
      recent[step + 2] === within &&
      recent[step + 3] === label
    ) {
      placeOf[object] = recent[step + 4]
      continue
    }
    const place = places.find(from, label)
    placeOf[object] = place
    recent[step] = from
    recent[step + 1] = fromLabel
    recent[step + 2] = within
    recent[step + 3] = label
    recent[step + 4] = place
    // Within a place, and from below, other fields lead to it.
    if (places.above(place) !== from) continue
    while (fields.length <= place) fields.push(UNSET)
    const [known, field] = [fields.get(place), fieldOf(above, within)]
    if (known !== field) fields.set(place, known === UNSET ? field : SEVERAL)
  }
  const tree = places.finish()
  const merged = {
    ...tree,
    objects: new Float64Array(tree.count),
    size: new Float64Array(tree.count),
    example: new Int32Array(tree.count).fill(NONE),
    // Roots are in no field.
    field: Int32Array.from({ length: tree.count }, (_, place) =>
      place < fields.length && fields.get(place) !== UNSET ? fields.get(place) : NONE,
    ),
    lost: 0,
  }
  targets.walk((target) => {
    const place = placeOf[target]
    if (place === NONE) {
      merged.lost++
      return
    }
    merged.objects[place]++
    merged.size[place] += sizeOf(target)
    merged.example[place] = firstOf(merged.example[place], target)
  })
  for (let place = tree.count - 1; place >= 0; place--) {
    const above = tree.parent[place]
    if (above === NONE) continue
    merged.objects[above] += merged.objects[place]
    merged.size[above] += merged.size[place]
    if (merged.objects[place] > 0)
      merged.example[above] = firstOf(merged.example[above], merged.example[place])
  }
  return merged
}

/** The first of two objects, of which the one before may be NONE. */
const firstOf = (before: ObjectIndex, object: ObjectIndex) =>
  before === NONE || object < before ? object : before

/** A root's path begins with what it belongs to: goroutine, frame, local. */
function findRootPlace(
  graph: RootGraph,
  node: NodeIndex,
  places: LabelPlaces,
  labelOf: (node: NodeIndex) => number,
): number {
  const above = graph.rootParent[node - graph.objectCount]
  const place = above === NONE ? NONE : findRootPlace(graph, graph.objectCount + above, places, labelOf)
  return places.find(place, labelOf(node))
}
