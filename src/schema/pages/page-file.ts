import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** https://www.sqlite.org/fileformat2.html#the_database_header */
const OFFSET = { pageSize: 16, changeCounter: 24, pageCount: 28, versionValidFor: 92 } as const
const HEADER_BYTES = 100
/** The page that holds this byte is SQLite's for locks, and never part of a tree. */
const PENDING_BYTE = 0x40000000
const BUFFERED_PAGES = 64

/** A closed database file to which whole pages are added. Not to be used while SQLite has it open. */
export class PageFile {
  readonly pageBytes: number
  readonly #file: number
  readonly #header = Buffer.alloc(HEADER_BYTES)
  readonly #lockPage: number
  /** Pages in the file and in the buffer. */
  #pageCount: number
  readonly #buffer: Buffer
  /** Page number of the buffer's first page, and pages in it. */
  #bufferStart = 0
  #buffered = 0

  constructor(path: string) {
    this.#file = openSync(path, 'r+')
    readSync(this.#file, this.#header, 0, HEADER_BYTES, 0)
    this.pageBytes = this.#header.readUInt16BE(OFFSET.pageSize)
    this.#pageCount = this.#header.readUInt32BE(OFFSET.pageCount)
    this.#lockPage = Math.floor(PENDING_BYTE / this.pageBytes) + 1
    this.#buffer = Buffer.alloc(BUFFERED_PAGES * this.pageBytes)
  }

  /** Adds a page, and gives its number. */
  append(page: Uint8Array): number {
    let number = this.#pageCount + 1
    if (number === this.#lockPage) {
      // It stays a hole.
      this.#flush()
      number++
    }
    if (this.#buffered === BUFFERED_PAGES) this.#flush()
    if (this.#buffered === 0) this.#bufferStart = number
    this.#buffer.set(page, this.#buffered * this.pageBytes)
    this.#buffered++
    this.#pageCount = number
    return number
  }

  /** Writes over a page that was there when the file was opened. */
  replace(number: number, page: Uint8Array): void {
    writeSync(this.#file, page, 0, this.pageBytes, (number - 1) * this.pageBytes)
  }

  /** Makes the added pages part of the database. */
  close(): void {
    try {
      this.#flush()
      // SQLite believes the page count when these two are equal.
      const change = (this.#header.readUInt32BE(OFFSET.changeCounter) + 1) >>> 0
      this.#header.writeUInt32BE(change, OFFSET.changeCounter)
      this.#header.writeUInt32BE(change, OFFSET.versionValidFor)
      this.#header.writeUInt32BE(this.#pageCount, OFFSET.pageCount)
      writeSync(this.#file, this.#header, 0, HEADER_BYTES, 0)
    } finally {
      closeSync(this.#file)
    }
  }

  #flush(): void {
    const bytes = this.#buffered * this.pageBytes
    const position = (this.#bufferStart - 1) * this.pageBytes
    for (let done = 0; done < bytes; ) {
      done += writeSync(this.#file, this.#buffer, done, bytes - done, position + done)
    }
    this.#buffered = 0
  }
}
