import type { SliceResult } from '../heap/scan.ts'
import { openPool } from './pool.ts'
import type { ScanWorkerData } from './scan-worker.ts'

export interface ScanPool {
  scan(from: number, to: number): Promise<SliceResult>
  close(): Promise<void>
}

/** Starts `threads` workers that scan slices of spans. */
export function openScanPool(data: ScanWorkerData, threads: number): ScanPool {
  // The sources run as .ts, the published package as .js.
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  const pool = openPool(new URL(`./scan-worker${extension}`, import.meta.url), data, threads)
  return {
    scan: (from, to) => pool.run({ from, to }) as Promise<SliceResult>,
    close: () => pool.destroy(),
  }
}
