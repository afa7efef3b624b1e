import { workerData } from 'piscina'
import type { MemoryPlan } from '../file/memory.ts'
import { openMemory } from '../file/memory.ts'
import type { GoFacts } from '../go/facts.ts'
import { TypeMasks } from '../go/gc-mask.ts'
import { type ScanTables, type SliceResult, scanSpans } from '../heap/scan.ts'

/** What each worker is started with: shared tables, and what it takes to open the same memory. */
export interface ScanWorkerData {
  readonly tables: ScanTables
  readonly memory: MemoryPlan
  readonly facts: GoFacts
}

const data = workerData as ScanWorkerData
const memory = openMemory(data.memory)
const masks = new TypeMasks(memory, data.facts)

/** Piscina task: scans spans [from, to). */
export default function scanSlice({ from, to }: { from: number; to: number }): SliceResult {
  return scanSpans(data.tables, memory, masks, from, to)
}
