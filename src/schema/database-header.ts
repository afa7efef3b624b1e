import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { describeSystemError } from '../base/system-error.ts'
import { GoheapError } from '../errors.ts'
import { APPLICATION_ID, DELTA_APPLICATION_ID, SCHEMA_VERSION } from './format.ts'

const HEADER_BYTES = 100
const MAGIC = 'SQLite format 3\0'
/** https://www.sqlite.org/fileformat2.html#the_database_header */
const OFFSET = { pageSize: 16, pageCount: 28, userVersion: 60, applicationId: 68 } as const

/**
 * Looks at the first bytes of a file that is about to be opened as a database, so that what is wrong with it can be
 * said in words.
 *
 * @throws GoheapError 'file', 'not-goheap', 'truncated', 'usage' (a comparison)
 */
export function checkDatabaseHeader(path: string): void {
  const { header, size } = readHeader(path)
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new GoheapError('not-goheap', `${path} is not a SQLite database`)
  }
  if (header.length < HEADER_BYTES) throw new GoheapError('truncated', `${path} is cut off`)
  if (header.readUInt32BE(OFFSET.applicationId) === DELTA_APPLICATION_ID) {
    throw new GoheapError(
      'usage',
      `${path} is a comparison that goheap diff wrote, and no heap: ask it with sqlite3 or another client of SQL`,
    )
  }
  if (header.readUInt32BE(OFFSET.applicationId) !== APPLICATION_ID) {
    throw new GoheapError('not-goheap', `${path} was not written by goheap`)
  }
  const version = header.readUInt32BE(OFFSET.userVersion)
  if (version !== SCHEMA_VERSION) {
    throw new GoheapError(
      'not-goheap',
      `${path} has schema version ${version}, and this goheap reads version ${SCHEMA_VERSION}`,
    )
  }
  const pageSize = header.readUInt16BE(OFFSET.pageSize)
  // 1 stands for 65536, which does not fit.
  const expected = (pageSize === 1 ? 65536 : pageSize) * header.readUInt32BE(OFFSET.pageCount)
  if (size < expected) {
    throw new GoheapError('truncated', `${path} is cut off: ${size} of ${expected} bytes are there`)
  }
}

function readHeader(path: string): { header: Buffer; size: number } {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    throw new GoheapError('file', `cannot read ${path}: ${describeSystemError(error)}`, { cause: error })
  }
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new GoheapError('file', `${path} is not a regular file`)
    const header = Buffer.alloc(HEADER_BYTES)
    const length = readSync(file, header, 0, HEADER_BYTES, 0)
    return { header: header.subarray(0, length), size: stat.size }
  } finally {
    closeSync(file)
  }
}
