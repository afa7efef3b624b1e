import { GrowableColumn } from '../base/columns.ts'
import { PairMap } from '../base/pair-map.ts'
import type { Analysis, HeapGraph } from '../model/heap-graph.ts'
import { NONE, type NodeIndex } from '../model/types.ts'
import type { DominatorVisitor } from './dominator-walk.ts'

/**
 * The dominator tree with places of the same label under the same place merged, parents before children. A node whose
 * label one of the FOLD places above already has joins that place: lists and trees become one place, not a path as long
 * as they are.
 */
export interface LabelTree extends Places {
  /** Nodes that were merged. */
  readonly nodes: Float64Array
  /** Objects among them and in all places below. */
  readonly objects: Float64Array
  /** Bytes of the nodes themselves. */
  readonly size: Float64Array
  /** Bytes of the nodes and of all places below: sums at the top add up to all reachable bytes. */
  readonly retainedSize: Float64Array
  /** The node that retains most, the first of them. */
  readonly biggest: Int32Array
}

/** Places above, the direct one included, in which a label is looked for. */
const FOLD = 8

/** Places of a tree of labels, parents before children. */
export interface Places {
  readonly count: number
  /** Place above, or NONE. */
  readonly parent: Int32Array
  readonly label: Int32Array
  /** 1 at the top. */
  readonly level: Int32Array
}

/** Makes places as they are asked for. */
export class LabelPlaces {
  readonly #places = new PairMap()
  readonly #parent = new GrowableColumn(Int32Array)
  readonly #label = new GrowableColumn(Int32Array)
  readonly #level = new GrowableColumn(Int32Array)

  /** The place of a label below a place (NONE: at the top), or the place above that has it already. */
  find(above: number, label: number): number {
    for (let place = above, steps = 0; place !== NONE && steps < FOLD; steps++) {
      if (this.#label.get(place) === label) return place
      place = this.#parent.get(place)
    }
    const place = this.#places.getOrAdd(above + 1, label, this.#parent.length)
    if (place === this.#parent.length) {
      this.#parent.push(above)
      this.#label.push(label)
      this.#level.push(above === NONE ? 1 : this.#level.get(above) + 1)
    }
    return place
  }

  /** Place above a place, or NONE. */
  above(place: number): number {
    return this.#parent.get(place)
  }

  finish(): Places {
    return {
      count: this.#parent.length,
      parent: this.#parent.finish(),
      label: this.#label.finish(),
      level: this.#level.finish(),
    }
  }
}

/** For walkDominators; `finish` gives the tree after the walk. */
export function mergeByLabel(
  graph: HeapGraph,
  analysis: Analysis,
  labelOf: (node: NodeIndex) => number,
): DominatorVisitor & { finish(): LabelTree } {
  const { objectCount, rootCount, size } = graph
  const { retainedSize } = analysis
  const placeOf = new Int32Array(objectCount + rootCount)
  const places = new LabelPlaces()
  const biggest = new GrowableColumn(Int32Array)
  const sums = [0, 1, 2].map(() => new GrowableColumn(Float64Array))
  const [nodes, objects, bytes] = sums
  return {
    enter(node, idom) {
      const place = places.find(idom === NONE ? NONE : placeOf[idom], labelOf(node))
      placeOf[node] = place
      if (place === nodes.length) {
        biggest.push(NONE)
        for (const sum of sums) sum.push(0)
      }
      nodes.set(place, nodes.get(place) + 1)
      if (node < objectCount) {
        objects.set(place, objects.get(place) + 1)
        bytes.set(place, bytes.get(place) + size[node])
      }
      const rival = biggest.get(place)
      if (rival === NONE || retainedSize[node] > retainedSize[rival]) biggest.set(place, node)
    },
    leave() {},
    finish() {
      const tree = {
        ...places.finish(),
        nodes: nodes.finish(),
        objects: objects.finish(),
        size: bytes.finish(),
        retainedSize: bytes.finish(),
        biggest: biggest.finish(),
      }
      for (let place = tree.count - 1; place > 0; place--) {
        if (tree.parent[place] === NONE) continue
        tree.retainedSize[tree.parent[place]] += tree.retainedSize[place]
        tree.objects[tree.parent[place]] += tree.objects[place]
      }
      return tree
    },
  }
}
