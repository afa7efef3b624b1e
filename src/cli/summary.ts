import { statSync } from 'node:fs'
import type { Severity } from '../model/problem.ts'
import type { HeapDb } from '../schema/heap-db.ts'

/** What `index` says at its end and `info` at any time. Sizes in bytes. */
export interface Summary {
  path: string
  size: number
  /** The table metadata. */
  metadata: Record<string, string | number>
  objects: number
  bytes: number
  reachableObjects: number
  reachableBytes: number
  /** Reachable bytes in objects whose type is known. */
  typedReachableBytes: number
  types: number
  roots: number
  goroutines: number
  /** Situations by severity, not how often each was met. */
  problemCounts: Record<Severity, number>
  problems: { severity: string; stage: string; code: string; count: number; message: string }[]
}

export function readSummary(db: HeapDb): Summary {
  const metadata = Object.fromEntries(db.metadata())
  const counts = db.query(`SELECT
    (SELECT COUNT(*) FROM types), (SELECT COUNT(*) FROM roots), (SELECT COUNT(*) FROM goroutines)`)
  const [[types, roots, goroutines]] = [...counts.rows].map((row) => row.map(Number))
  const problems = db.problems().map(({ severity, stage, code, count, message }) => {
    return { severity, stage, code, count, message }
  })
  const countSeverity = (severity: Severity) =>
    problems.filter((problem) => problem.severity === severity).length
  return {
    path: db.path,
    size: statSync(db.path).size,
    metadata,
    objects: Number(metadata.heap_objects),
    bytes: Number(metadata.heap_bytes),
    reachableObjects: Number(metadata.reachable_objects),
    reachableBytes: Number(metadata.reachable_bytes),
    typedReachableBytes: Number(metadata.typed_reachable_bytes),
    types,
    roots,
    goroutines,
    problemCounts: {
      error: countSeverity('error'),
      warning: countSeverity('warning'),
      info: countSeverity('info'),
    },
    problems,
  }
}
