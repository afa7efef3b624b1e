import { BitSet } from '../base/bitset.ts'
import { mergeRootPaths, SEVERAL } from '../graph/merged-paths.ts'
import { labelRoot, mergeRootName } from '../model/root-names.ts'
import { NONE, type NodeIndex } from '../model/types.ts'
import { WORD_BYTES } from '../schema/graph-arrays.ts'
import type { HeapDb } from '../schema/heap-db.ts'
import { StoredGraph } from '../schema/stored-graph.ts'
import { exclude } from './exclude.ts'
import { FieldNames } from './field-names.ts'
import { findType } from './named-types.ts'

/** A place of merged paths. */
export interface MergedStep {
  /** 0 for roots. */
  level: number
  /** Type of the objects, […] before it for several values in one; kind and name of roots. */
  name: string
  /** Field of the place above that leads here; '' for roots, … for several fields; null when it is not known. */
  field: string | null
  /** Objects of the set at this place and below. */
  objects: number
  /** Their slot bytes. */
  bytes: number
  /** Percent of the set's objects. */
  share: number
  /** One of these objects. */
  example_id: number
}

export interface MergedAnswer {
  steps: MergedStep[]
  /** Objects of the set that no path reaches: garbage, or held only by what is excluded. */
  lost: number
}

/**
 * Shortest paths to all objects of a type, merged by the types along them; places that hold less than `minShare` percent
 * of the objects are left out. Parents first, the largest child first.
 */
export function answerMergedPaths(
  db: HeapDb,
  type: string,
  { minShare, excluded }: { minShare: number; excluded: readonly string[] },
): MergedAnswer {
  const graph = new StoredGraph(db)
  const { cut, pointers } = exclude(db, graph, excluded)
  const targets = new BitSet(graph.objectCount)
  graph.addObjectsOfType(findType(db, type).id, targets)
  // Objects of the set stay: a list of them is held by its first.
  cut.nodes.deleteAll(targets)
  const { labelOf, nameOf, isRoot } = labelNodes(db, graph)
  const tree = excluded.length === 0 ? graph.readTree() : graph.searchTree(cut, pointers)
  const { wordWithin, fieldOf, nameOfField } = nameFields(db, graph)
  const merged = mergeRootPaths(graph, tree, targets, {
    ...{ labelOf, wordWithin, fieldOf },
    sizeOf: (object) => graph.sizeOf(object),
  })
  const count = targets.count()
  const children = Map.groupBy(merged.parent.keys(), (place) => merged.parent[place])
  const steps: MergedStep[] = []
  const visit = (above: number) => {
    const places = (children.get(above) ?? []).toSorted(
      (a, b) => merged.objects[b] - merged.objects[a] || a - b,
    )
    for (const place of places) {
      const share = (100 * merged.objects[place]) / count
      // A place whose objects all lie in one above it has none.
      if (share < minShare || merged.objects[place] === 0) continue
      steps.push({
        level: merged.level[place] - 1,
        name: nameOf(merged.label[place]),
        // Between roots there is no pointer.
        field: isRoot(merged.label[place]) ? '' : nameOfField(merged.field[place]),
        objects: merged.objects[place],
        bytes: merged.size[place],
        share,
        example_id: merged.example[place],
      })
      visit(place)
    }
  }
  visit(NONE)
  const ids = graph.idsOf(steps.map((step) => step.example_id))
  for (const step of steps) step.example_id = ids.get(step.example_id) ?? 0
  return { steps, lost: merged.lost }
}

/** Labels as in dominator_paths: types of objects, one value and several apart; kinds and names of roots. */
function labelNodes(db: HeapDb, graph: StoredGraph) {
  const { objectCount, shapes, shapeOf } = graph
  // Twice the id of the type, 0 when it is not known; and 1 for several values.
  const labelOfShape = shapes.typeId.map((type, shape) => 2 * type + shapes.isSeveral[shape])
  const names: string[] = ['(unknown)', '(unknown)']
  for (const [id, name] of db.query('SELECT id, name FROM types').rows) {
    names[2 * Number(id)] = String(name)
    names[2 * Number(id) + 1] = `[…]${name}`
  }
  const firstRootLabel = names.length
  const rootLabels = new Map<string, number>()
  const labelOfRoot = Array.from(
    db.query('SELECT kind, name FROM roots ORDER BY id').rows,
    ([kind, name]) => {
      const text = labelRoot(String(kind), mergeRootName(String(kind), String(name)))
      const label = rootLabels.get(text) ?? names.push(text) - 1
      rootLabels.set(text, label)
      return label
    },
  )
  return {
    labelOf: (node: NodeIndex) =>
      node < objectCount ? labelOfShape[shapeOf[node]] : labelOfRoot[node - objectCount],
    nameOf: (label: number) => names[label],
    isRoot: (label: number) => label >= firstRootLabel,
  }
}

/** Numbers of fields by node and word, and their names. */
function nameFields(db: HeapDb, graph: StoredGraph) {
  const { objectCount, shapes, shapeOf } = graph
  const names = new FieldNames(db)
  const numbers = new Map<string, number>()
  const typeOfRoot = db.lookUp('SELECT COALESCE(type_id, 0) FROM roots WHERE id = ?')
  const sizeOfType = db.lookUp('SELECT size FROM types WHERE id = ?')
  // Of several values each has the same fields.
  const wordsOfValue = shapes.typeId.map((type, shape) =>
    shapes.isSeveral[shape] === 1 ? Math.floor((sizeOfType(type)?.[0] ?? 0) / WORD_BYTES) : 0,
  )
  return {
    wordWithin(node: NodeIndex, word: number): number {
      const words = node < objectCount ? wordsOfValue[shapeOf[node]] : 0
      return words === 0 ? word : word % words
    },
    fieldOf(node: NodeIndex, word: number): number {
      const isObject = node < objectCount
      const type = isObject ? graph.typeOf(node) : (typeOfRoot(node + 1)?.[0] ?? 0)
      const isSeveral = isObject && shapes.isSeveral[shapeOf[node]] === 1
      const name = names.find(type, word * WORD_BYTES, isSeveral)
      if (name === undefined) return NONE
      const number = numbers.get(name) ?? numbers.size
      numbers.set(name, number)
      return number
    },
    nameOfField(number: number): string | null {
      if (number === SEVERAL) return '…'
      for (const [name, of] of numbers) if (of === number) return name
      return null
    },
  }
}
