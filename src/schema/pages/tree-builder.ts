import type { Block } from './blocks.ts'
import type { PageFile } from './page-file.ts'
import { putVarint, RecordEncoder, varintSize } from './record.ts'
import { PAGE_TYPES, TreePage } from './tree-page.ts'

/**
 * What separates two neighbours of a level. In the tree of a rowid table: the last rowid of the left one, as a varint.
 * In the tree of an index or a WITHOUT ROWID table: a row of its own, which lies between the two and in neither (size
 * and record, as a leaf has them).
 */
type Separator = Uint8Array

/**
 * Builds a b-tree of a SQLite file from rows in the order of its key, leaves first, then level by level up to a page
 * that becomes the root. A leaf is filled to its end; no page is without cells.
 */
export class TreeBuilder {
  readonly #file: PageFile
  readonly #isTable: boolean
  readonly #leaf: TreePage
  readonly #encoder: RecordEncoder
  readonly #children: number[] = []
  readonly #separators: Separator[] = []
  #rows = 0
  #lastRowId = 0

  /** `isTable`: of a table with rowids. `lowerBits`: of the columns of a record, see placeLowerBits. */
  constructor(file: PageFile, { isTable, lowerBits }: { isTable: boolean; lowerBits: Int32Array }) {
    this.#file = file
    this.#isTable = isTable
    this.#leaf = new TreePage(isTable ? PAGE_TYPES.tableLeaf : PAGE_TYPES.indexLeaf, file.pageBytes)
    this.#encoder = new RecordEncoder(lowerBits)
  }

  /**
   * Adds the first rows of a block. For a table rowids follow on from `rowId`.
   * `isLast`: no row comes after these.
   */
  addRows(block: Block, count: number, { rowId = 0, isLast = false } = {}): void {
    const encoder = this.#encoder
    for (let row = 0; row < count; row++) {
      encoder.take(block, row)
      const size = this.#cellSize(rowId + row)
      if (!this.#leaf.hasRoom(size)) {
        if (this.#isTable) this.#closeLeaf(encodeVarint(this.#lastRowId))
        else if (isLast && row === count - 1) this.#closeLeaf(this.#leaf.removeLast())
        else {
          const separator = new Uint8Array(size)
          this.#putCell(separator, 0, 0)
          this.#closeLeaf(separator)
          this.#rows++
          continue
        }
      }
      this.#putCell(this.#leaf.bytes, this.#leaf.add(size), rowId + row)
      this.#lastRowId = rowId + row
      this.#rows++
    }
  }

  /** Completes the tree, its top page in the place of `root`. A tree without rows stays as SQLite made it. */
  finish(root: number): void {
    if (this.#rows === 0) return
    if (this.#children.length === 0) {
      this.#leaf.finish()
      this.#file.replace(root, this.#leaf.bytes)
      return
    }
    this.#closeLeaf()
    let children = this.#children
    let separators = this.#separators
    for (;;) {
      const level = this.#buildLevel(children, separators, root)
      if (level.children.length === 0) return
      children = level.children
      separators = level.separators
    }
  }

  #cellSize(rowId: number): number {
    const payload = this.#encoder.size
    return varintSize(payload) + (this.#isTable ? varintSize(rowId) : 0) + payload
  }

  #putCell(bytes: Uint8Array, start: number, rowId: number): void {
    let at = putVarint(bytes, start, this.#encoder.size)
    if (this.#isTable) at = putVarint(bytes, at, rowId)
    this.#encoder.put(bytes, at)
  }

  /** `separator`: what comes between this leaf and the next; absent for the last. */
  #closeLeaf(separator?: Separator): void {
    this.#leaf.finish()
    this.#children.push(this.#file.append(this.#leaf.bytes))
    if (separator) this.#separators.push(separator)
    this.#leaf.reset()
  }

  /**
   * Puts pages above `children`: cells of a child and the separator after it, the last child of a page apart. Gives the
   * new pages, and what separates them; none when one page held all, which is then the root.
   */
  #buildLevel(children: number[], separators: Separator[], root: number) {
    const type = this.#isTable ? PAGE_TYPES.tableInterior : PAGE_TYPES.indexInterior
    const page = new TreePage(type, this.#file.pageBytes)
    const last = children.length - 1
    const level = { children: [] as number[], separators: [] as Separator[] }
    const close = (rightChild: number, separator: Separator) => {
      page.finish(rightChild)
      level.children.push(this.#file.append(page.bytes))
      level.separators.push(separator)
      page.reset()
    }
    for (let child = 0; child < last; child++) {
      const separator = separators[child]
      const size = 4 + separator.length
      if (!page.hasRoom(size)) {
        if (child + 1 < last) {
          close(children[child], separator)
          continue
        }
        // A page for the last child alone would have no cell: this one goes with it.
        page.removeLast()
        close(children[child - 1], separators[child - 1])
      }
      const at = page.add(size)
      new DataView(page.bytes.buffer).setUint32(at, children[child])
      page.bytes.set(separator, at + 4)
    }
    page.finish(children[last])
    if (level.children.length === 0) this.#file.replace(root, page.bytes)
    else level.children.push(this.#file.append(page.bytes))
    return level
  }
}

function encodeVarint(value: number): Uint8Array {
  const bytes = new Uint8Array(varintSize(value))
  putVarint(bytes, 0, value)
  return bytes
}
