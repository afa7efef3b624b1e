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
 *   console.log(answerRetained(db, { types: ['main.Session'] }).retained_size)
 */
import './require-node.ts'

export { analyse } from './analyse.ts'
export {
  type Budget,
  type BudgetResult,
  checkBudgets,
  parseBudgets,
} from './answers/budgets.ts'
export { ASPECTS, type Aspect } from './answers/diff/aspects.ts'
export { compareHeaps } from './answers/diff/compare.ts'
export { compareObjects, isSameProcess } from './answers/diff/objects.ts'
export { type Inspection, type InspectOptions, inspectObject } from './answers/inspect.ts'
export { answerMergedPaths, type MergedAnswer, type MergedStep } from './answers/merged-paths.ts'
export type { NodeChoice } from './answers/node-set.ts'
export { answerPaths, type PathStep } from './answers/paths.ts'
export {
  answerRetained,
  type RetainedAnswer,
  type RetainedQuestion,
  type RetainedType,
} from './answers/retained.ts'
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
export type { Delta, ObjectDelta } from './schema/delta-file.ts'
export { type Cell, HeapDb, type QueryResult, readRecords } from './schema/heap-db.ts'
export {
  type Argument,
  listQueries,
  type ParamType,
  type QueryColumn,
  type QueryFile,
  type QueryParam,
  readQuery,
  type SqlType,
} from './schema/query-file.ts'
export { StoredGraph, type StoredShapes } from './schema/stored-graph.ts'
export type { HeapTables } from './schema/tables.ts'
export { type WriteOptions, writeDatabase } from './schema/write.ts'
export { type Check, type VerifyOptions, verify } from './verify/verify.ts'
export { VERSION } from './version.ts'
