/** https://www.sqlite.org/fileformat2.html#b_tree_pages */
export const PAGE_TYPES = { indexInterior: 2, tableInterior: 5, indexLeaf: 10, tableLeaf: 13 } as const
export type PageType = (typeof PAGE_TYPES)[keyof typeof PAGE_TYPES]

const OFFSET = { type: 0, cellCount: 3, contentStart: 5, rightChild: 8 } as const

/** A page of a b-tree being filled: cells grow down from its end, their places up from its header. */
export class TreePage {
  readonly bytes: Uint8Array
  readonly #view: DataView
  readonly #headerBytes: number
  readonly #type: PageType
  #cells = 0
  /** Where the lowest cell starts. */
  #content: number

  constructor(type: PageType, pageBytes: number) {
    this.bytes = new Uint8Array(pageBytes)
    this.#view = new DataView(this.bytes.buffer)
    this.#type = type
    this.#headerBytes = type === PAGE_TYPES.indexInterior || type === PAGE_TYPES.tableInterior ? 12 : 8
    this.#content = pageBytes
  }

  get cellCount(): number {
    return this.#cells
  }

  hasRoom(size: number): boolean {
    return this.#content - size >= this.#headerBytes + (this.#cells + 1) * 2
  }

  /** Makes room for a cell; gives its place, for the caller to fill. There has to be room. */
  add(size: number): number {
    this.#content -= size
    this.#view.setUint16(this.#headerBytes + this.#cells * 2, this.#content)
    this.#cells++
    return this.#content
  }

  /** Takes the last cell off again, and gives a copy of its bytes. */
  removeLast(): Uint8Array {
    const start = this.#content
    const end =
      this.#cells > 1 ? this.#view.getUint16(this.#headerBytes + (this.#cells - 2) * 2) : this.bytes.length
    const cell = this.bytes.slice(start, end)
    this.#cells--
    this.#content = end
    return cell
  }

  /** Writes the header; the page is then complete until `reset`. */
  finish(rightChild?: number): void {
    // Bytes between the places and the cells may hold what earlier contents left.
    this.bytes.fill(0, this.#headerBytes + this.#cells * 2, this.#content)
    this.bytes[OFFSET.type] = this.#type
    this.#view.setUint16(1, 0)
    this.#view.setUint16(OFFSET.cellCount, this.#cells)
    // 65536 does not fit, and is written as 0; pages are smaller.
    this.#view.setUint16(OFFSET.contentStart, this.#content)
    this.bytes[7] = 0
    if (rightChild !== undefined) this.#view.setUint32(OFFSET.rightChild, rightChild)
  }

  reset(): void {
    this.#cells = 0
    this.#content = this.bytes.length
  }
}
