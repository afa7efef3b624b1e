/**
 * goheap as a library: from a core to a database, and reading it.
 *
 *   const problems = new Problems()
 *   const core = openCore('core', './server', problems) // compressed ones: unpackInputs first
 *   const heap = await extract(core, problems)
 *   core.close()
 *   await writeDatabase(analyse(heap), 'heap.db')
 *   const db = HeapDb.open('heap.db')
 *   for (const { type, bytes } of db.histogram(10)) console.log(type, bytes)
 */
import './require-node.ts'

export { analyse } from './analyse.ts'
export { type ErrorCode, FaultError, GoheapError } from './errors.ts'
export { type ExtractOptions, extract } from './extract/extract.ts'
export { BinaryFolder } from './extract/file/binary-folder.ts'
export { type Core, type OpenCoreOptions, openCore, type Thread } from './extract/file/core.ts'
export { type FindBinaryOptions, findBinary } from './extract/file/find-binary.ts'
export { type UnpackedInputs, unpackInputs } from './extract/file/unpack.ts'
export type { AnalysedHeap, Analysis, ExtractedHeap, HeapGraph } from './model/heap-graph.ts'
export type { AccountRow, MemoryAccount } from './model/memory-account.ts'
export { type Problem, Problems, type Severity } from './model/problem.ts'
export * from './model/tables.ts'
export * from './model/types.ts'
export { Progress, type ProgressSink, STAGES, type Stage } from './progress.ts'
export { type Cell, HeapDb, type QueryResult } from './schema/heap-db.ts'
export {
  type Argument,
  listQueries,
  type QueryColumn,
  type QueryFile,
  type QueryParam,
  readQuery,
  type SqlType,
} from './schema/query-file.ts'
export type { HeapTables } from './schema/tables.ts'
export { type WriteOptions, writeDatabase } from './schema/write.ts'
export { type Check, type VerifyOptions, verify } from './verify/verify.ts'
export { VERSION } from './version.ts'
