import { BitSet } from '../base/bitset.ts'
import { BreadthFirstSearch } from '../graph/breadth-first.ts'
import type { MarkedCut } from '../graph/cut.ts'
import { sortPairs } from '../graph/inbound.ts'
import type { PathTree } from '../graph/merged-paths.ts'
import type { InboundTable } from '../graph/root-paths.ts'
import type { RootGraph, SearchGraph } from '../model/heap-graph.ts'
import type { RootEdgeTable, TargetTable } from '../model/tables.ts'
import { NONE, type NodeIndex, type ObjectIndex } from '../model/types.ts'
import { PART_BYTES, SHORT_SHAPES, WORD_BYTES } from './graph-arrays.ts'
import type { HeapDb } from './heap-db.ts'
import { countLebs, LebReader } from './leb-reader.ts'
import { ObjectWalk, type SpanSlots } from './object-walk.ts'
import { StoredArrays } from './stored-arrays.ts'

/** Rows of the table object_shapes. */
export interface StoredShapes {
  readonly count: number
  /** Id of the type, 0 when it is not known. */
  readonly typeId: Int32Array
  /** Slot bytes. */
  readonly size: Float64Array
  /** 1: several values in each object. */
  readonly isSeveral: Uint8Array
}

/**
 * Pointers that are left out: for each row of `shapes` undefined, or 1 for each word of a value that they lie at. Of several
 * values in an object each is meant.
 */
export type WordMarks = readonly (Uint8Array | undefined)[]

interface WordTable extends TargetTable {
  /** Per edge: words of 8 bytes from the source's address to the pointer. No object has 16 GiB. Empty when not asked for. */
  readonly words: Int32Array
}

/**
 * The graph of a database, for questions that SQL cannot answer in time: ten million objects take a few tenths of a
 * second. Objects go by rank (see the table graph_arrays): an ObjectIndex here is no id less one. Roots follow, as
 * NodeIndex objectCount + r, which is their id less one. Arrays are read when they are asked for.
 *
 * @throws GoheapError 'not-goheap' when the database has no such arrays, 'corrupt' when they do not fit together
 */
export class StoredGraph implements SearchGraph {
  readonly objectCount: number
  readonly shapes: StoredShapes
  readonly #db: HeapDb
  readonly #arrays: StoredArrays
  #ranks: Uint32Array | undefined
  #shapeOf: Uint16Array | Uint32Array | undefined
  #roots: Omit<RootGraph, 'objectCount'> | undefined
  #pointerCodes: Uint8Array | undefined
  #countCodes: Uint8Array | undefined
  #reachable: number | undefined
  #edges: TargetTable | undefined

  constructor(db: HeapDb) {
    this.#db = db
    this.#arrays = new StoredArrays(db)
    this.objectCount = readNumbers(db, 'SELECT COALESCE(MAX(id), 0) FROM objects')[0]
    this.shapes = readShapes(db)
  }

  /** Rank of each object, by id less one. */
  get ranks(): Uint32Array {
    this.#ranks ??= this.#arrays.readNumbers('rank', Uint32Array, {
      limit: this.objectCount,
      count: this.objectCount,
    })
    return this.#ranks
  }

  /** Row of `shapes` of each object. */
  get shapeOf(): Uint16Array | Uint32Array {
    const { count } = this.shapes
    const limits = { limit: count, count: this.objectCount }
    this.#shapeOf ??=
      count > SHORT_SHAPES
        ? this.#arrays.readNumbers('shape', Uint32Array, limits)
        : this.#arrays.readNumbers('shape', Uint16Array, limits)
    return this.#shapeOf
  }

  get rootCount(): number {
    return this.#requireRoots().rootCount
  }
  get rootEdges(): RootEdgeTable {
    return this.#requireRoots().rootEdges
  }
  get rootParent(): Int32Array {
    return this.#requireRoots().rootParent
  }

  /** One of a few nodes: of many, look in `ranks`. */
  nodeOf(id: number): NodeIndex {
    if (id > this.objectCount) return id - 1
    if (this.#ranks !== undefined) return this.#ranks[id - 1]
    const at = (id - 1) * 4
    const sql = `SELECT SUBSTR(data, ? + 1, 4) FROM graph_arrays WHERE name = 'rank' AND part = ?`
    for (const [bytes] of this.#db.query(sql, [at % PART_BYTES, Math.floor(at / PART_BYTES)]).rows) {
      if (bytes instanceof Uint8Array && bytes.length === 4)
        return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
    }
    throw this.#arrays.damaged('rank')
  }

  /** Ids of a few nodes. */
  idsOf(nodes: Iterable<NodeIndex>): Map<NodeIndex, number> {
    const ids = new Map<NodeIndex, number>()
    const wanted = new BitSet(this.objectCount)
    for (const node of nodes) {
      if (node >= this.objectCount) ids.set(node, node + 1)
      else wanted.add(node)
    }
    let id = 1
    for (const bytes of this.#arrays.parts('rank')) {
      // A copy: numbers of four bytes have to begin at a multiple of four.
      const ranks = new Uint32Array(new Uint8Array(bytes).buffer, 0, bytes.length >>> 2)
      for (let i = 0; i < ranks.length; i++, id++) if (wanted.has(ranks[i])) ids.set(ranks[i], id)
    }
    return ids
  }

  /** Id of an object's type, 0 when it is not known. */
  typeOf(object: ObjectIndex): number {
    return this.shapes.typeId[this.shapeOf[object]]
  }

  sizeOf(object: ObjectIndex): number {
    return this.shapes.size[this.shapeOf[object]]
  }

  /** Adds the objects of a type, garbage included, to a set. */
  addObjectsOfType(type: number, set: BitSet): void {
    const isOfType = Uint8Array.from(this.shapes.typeId, (id) => (id === type ? 1 : 0))
    const { shapeOf } = this
    for (let object = 0; object < shapeOf.length; object++)
      if (isOfType[shapeOf[object]] === 1) set.add(object)
  }

  /** Objects that a root reaches: those of the ranks below it. */
  get reachableCount(): number {
    this.#reachable ??= countLebs(this.#counts)
    if (this.#reachable > this.objectCount) throw this.#arrays.damaged('counts')
    return this.#reachable
  }

  /** Objects that a root points at: those of the ranks below it. */
  get rootedCount(): number {
    let count = 0
    for (const object of this.rootEdges.target) count = Math.max(count, object + 1)
    return count
  }

  /** Pointers of reachable objects. */
  get edges(): TargetTable {
    this.#edges ??= this.#readEdges({ hasWords: false })
    return this.#edges
  }

  /** One pass over all pointers, in which those that are left out leave no trace. */
  #readEdges({ without, hasWords }: { without?: WordMarks | undefined; hasWords: boolean }): WordTable {
    const [counts, codes] = [new LebReader(this.#counts), new LebReader(this.#pointers)]
    const targets = this.#arrays.readNumbers('targets', Uint32Array, { limit: this.reachableCount })
    const { reachableCount, objectCount } = this
    const shapeOf = without && this.shapeOf
    const first = new Uint32Array(objectCount + 1)
    const target = new Uint32Array(targets.length + reachableCount)
    const words = new Int32Array(hasWords ? target.length : 0)
    let [edge, next, other] = [0, this.rootedCount, 0]
    for (let object = 0; object < reachableCount; object++) {
      first[object] = edge
      const marks = shapeOf && without?.[shapeOf[object]]
      for (let left = counts.next(); left > 0 && codes.hasMore; left--) {
        const code = codes.next()
        const word = code >>> 1
        const to = (code & 1) === 1 ? next++ : targets[other++]
        if (marks !== undefined && marks[word % marks.length] === 1) continue
        target[edge] = to
        if (hasWords) words[edge] = word
        edge++
      }
    }
    if (codes.hasMore) throw this.#arrays.damaged('pointers')
    this.#expectAll(next, other, targets)
    return { count: edge, first: first.fill(edge, reachableCount), target: target.subarray(0, edge), words }
  }

  /** The same pointers by where they lead, without some. */
  readInbound(without?: WordMarks): InboundTable {
    const [counts, codes] = [new LebReader(this.#counts), new LebReader(this.#pointers)]
    const target = this.#arrays.readNumbers('targets', Uint32Array, { limit: this.reachableCount })
    const source = new Int32Array(target.length).fill(NONE)
    const alone = new Int32Array(this.objectCount).fill(NONE)
    const shapeOf = without && this.shapeOf
    let [next, other] = [this.rootedCount, 0]
    const { reachableCount } = this
    for (let object = 0; object < reachableCount; object++) {
      const marks = shapeOf && without?.[shapeOf[object]]
      for (let left = counts.next(); left > 0 && codes.hasMore; left--) {
        const code = codes.next()
        const isNext = (code & 1) === 1
        const place = isNext ? next++ : other++
        if (marks !== undefined && marks[(code >>> 1) % marks.length] === 1) continue
        if (isNext) alone[place] = object
        else source[place] = object
      }
    }
    if (codes.hasMore) throw this.#arrays.damaged('pointers')
    this.#expectAll(next, other, target)
    return { alone, ...sortPairs(this.objectCount, { source, target }) }
  }

  /** Have all reachable objects and all of `targets` been led to? */
  #expectAll(next: number, other: number, targets: Uint32Array): void {
    if (next !== this.reachableCount || other !== targets.length) throw this.#arrays.damaged('pointers')
  }

  /** Shortest paths to all reachable objects. */
  readTree(): PathTree {
    const [counts, codes] = [new LebReader(this.#counts), new LebReader(this.#pointers)]
    const count = this.reachableCount
    const [parent, word] = [new Int32Array(count), new Int32Array(count)]
    let next = this.rootedCount
    for (let object = 0; object < count; object++) {
      for (let left = counts.next(); left > 0 && codes.hasMore; left--) {
        const code = codes.next()
        if ((code & 1) === 0) continue
        parent[next] = object
        word[next++] = code >>> 1
      }
    }
    if (codes.hasMore || next !== count) throw this.#arrays.damaged('pointers')
    const { target, offset } = this.rootEdges
    for (let root = this.rootCount - 1; root >= 0; root--) {
      for (let row = this.rootEdges.first[root + 1] - 1; row >= this.rootEdges.first[root]; row--) {
        parent[target[row]] = this.objectCount + root
        word[target[row]] = offset[row] / WORD_BYTES
      }
    }
    return { count, parent, word }
  }

  /** Shortest paths to all objects that are reached around a cut and without some pointers; `cut` has no edges. */
  searchTree(cut: MarkedCut, without?: WordMarks): PathTree {
    const { words, ...edges } = this.#readEdges({ without, hasWords: true })
    const { objectCount, rootCount, rootEdges, rootParent } = this
    const [parent, edge] = [new Int32Array(objectCount), new Int32Array(objectCount)]
    const graph = { objectCount, rootCount, rootEdges, rootParent, edges }
    const { count, order } = new BreadthFirstSearch(graph, cut, { parent, edge })
    // In the place of the edge.
    for (let i = 0; i < count; i++) {
      const object = order[i]
      edge[object] =
        parent[object] < objectCount ? words[edge[object]] : rootEdges.offset[edge[object]] / WORD_BYTES
    }
    return { count, order, parent, word: edge }
  }

  get #pointers(): Uint8Array {
    this.#pointerCodes ??= new Uint8Array(this.#arrays.read('pointers'))
    return this.#pointerCodes
  }

  get #counts(): Uint8Array {
    this.#countCodes ??= new Uint8Array(this.#arrays.read('counts'))
    return this.#countCodes
  }

  /** Goes through all objects by id. */
  walkObjects(): ObjectWalk {
    const spans = Array.from(
      this.#db.numbers(
        'SELECT address + header_size, class_size, slots FROM spans WHERE class_size > 0 ORDER BY id',
      ),
      ([first, bytes, slots]): SpanSlots => [first, bytes, slots],
    )
    const [slots, runs] = [this.#arrays.read('slots'), this.#arrays.read('shape_runs')].map(
      (bytes) => new Uint8Array(bytes),
    )
    return new ObjectWalk(spans, slots, runs, () => this.#arrays.damaged('shape_runs'))
  }

  #requireRoots(): Omit<RootGraph, 'objectCount'> {
    this.#roots ??= this.#readRoots()
    return this.#roots
  }

  #readRoots(): Omit<RootGraph, 'objectCount'> {
    const { objectCount } = this
    const [rootCount] = readNumbers(this.#db, 'SELECT COUNT(*) FROM roots')
    const rootParent = new Int32Array(rootCount).fill(NONE)
    const sql = `SELECT id - 1 - ${objectCount}, parent_id - 1 - ${objectCount} FROM roots WHERE parent_id IS NOT NULL`
    for (const [root, parent] of this.#db.numbers(sql)) rootParent[root] = parent
    return { rootCount, rootParent, rootEdges: this.#readRootEdges(rootCount) }
  }

  #readRootEdges(rootCount: number): RootEdgeTable {
    const first = new Uint32Array(rootCount + 1)
    const offset: number[] = []
    const target: number[] = []
    const targetOffset: number[] = []
    // Ranks begin with what roots lead to, in the order of these rows.
    const ranks = new Map<number, number>()
    const sql =
      'SELECT root_id, offset, target_id, target_offset FROM root_edges ORDER BY root_id, offset, rowid'
    for (const row of this.#db.numbers(sql)) {
      const rank = ranks.get(row[2]) ?? ranks.size
      ranks.set(row[2], rank)
      first[row[0] - this.objectCount]++
      offset.push(row[1])
      target.push(rank)
      targetOffset.push(row[3])
    }
    for (let root = 0; root < rootCount; root++) first[root + 1] += first[root]
    return {
      count: target.length,
      first,
      offset: Float64Array.from(offset),
      target: Uint32Array.from(target),
      targetOffset: Float64Array.from(targetOffset),
    }
  }
}

function readShapes(db: HeapDb): StoredShapes {
  const rows = [...db.numbers('SELECT COALESCE(type_id, 0), size, is_several FROM object_shapes ORDER BY id')]
  return {
    count: rows.length,
    typeId: Int32Array.from(rows, ([type]) => type),
    size: Float64Array.from(rows, ([, size]) => size),
    isSeveral: Uint8Array.from(rows, ([, , isSeveral]) => isSeveral),
  }
}

function readNumbers(db: HeapDb, sql: string): number[] {
  for (const row of db.numbers(sql)) return row
  return []
}
