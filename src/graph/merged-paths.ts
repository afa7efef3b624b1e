import { BitSet } from '../base/bitset.ts'
import type { SearchGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex, type ObjectIndex } from '../model/types.ts'
import { BreadthFirstSearch } from './breadth-first.ts'
import type { MarkedCut } from './cut.ts'
import { LabelPlaces, type Places } from './label-tree.ts'

/** Shortest paths from roots to objects of a set, merged by the labels along them: parents before children. */
export interface MergedPaths extends Places {
  /** Objects of the set at the place and below. */
  readonly objects: Float64Array
  /** Their slot bytes. */
  readonly size: Float64Array
  /** The object of the set at the place itself, or below, that comes first in the tables. */
  readonly example: Int32Array
  /** Objects of the set that no path reaches around what is cut. */
  readonly lost: number
}

/** Each object of the set counts at one path: a shortest one from the roots around what is cut, as a search finds it first. */
export function mergeRootPaths(
  graph: SearchGraph,
  targets: Iterable<ObjectIndex>,
  { cut, labelOf }: { cut: MarkedCut; labelOf: (node: NodeIndex) => number },
): MergedPaths {
  const { objectCount, rootCount, size } = graph
  const { count, order, parent } = new BreadthFirstSearch(graph, cut, { withParents: true })
  if (parent === undefined) throw new Error('the search kept no parents')
  const wanted = new BitSet(objectCount)
  for (const target of targets) {
    for (let object = target; object < objectCount && object !== NONE && !wanted.has(object); ) {
      wanted.add(object)
      object = parent[object]
    }
  }
  const places = new LabelPlaces()
  const placeOf = new Int32Array(objectCount + rootCount).fill(NONE)
  for (let i = 0; i < count; i++) {
    const object = order[i]
    if (!wanted.has(object)) continue
    const above = parent[object]
    if (above >= objectCount && placeOf[above] === NONE)
      placeOf[above] = findRootPlace(graph, above, places, labelOf)
    placeOf[object] = places.find(placeOf[above], labelOf(object))
  }
  const tree = places.finish()
  const merged = {
    ...tree,
    objects: new Float64Array(tree.count),
    size: new Float64Array(tree.count),
    example: new Int32Array(tree.count).fill(NONE),
    lost: 0,
  }
  for (const target of targets) {
    const place = placeOf[target]
    if (place === NONE) {
      merged.lost++
      continue
    }
    merged.objects[place]++
    merged.size[place] += size[target]
    merged.example[place] = firstOf(merged.example[place], target)
  }
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

/** The first in the tables of two objects, of which the one before may be NONE. */
const firstOf = (before: ObjectIndex, object: ObjectIndex) =>
  before === NONE || object < before ? object : before

/** A root's path begins with what it belongs to: goroutine, frame, local. */
function findRootPlace(
  graph: SearchGraph,
  node: NodeIndex,
  places: LabelPlaces,
  labelOf: (node: NodeIndex) => number,
): number {
  const above = graph.rootParent[node - graph.objectCount]
  const place = above === NONE ? NONE : findRootPlace(graph, graph.objectCount + above, places, labelOf)
  return places.find(place, labelOf(node))
}
