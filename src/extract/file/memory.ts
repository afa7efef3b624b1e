import type { Mapping } from '../../model/tables.ts'
import { BlockCache } from './block-cache.ts'

/**
 * The process's memory by address: the core overlaid on the binary and the files it mapped.
 *
 * Addresses and words are Numbers: a 64-bit word above 2^53 loses its low bits, which no user address needs.
 * All multi-byte reads are little endian and may cross segment joints. Reads of what is not there throw
 * FaultError; nothing is invented, absent pages are not zeros.
 */
export interface Memory {
  readonly mappings: readonly Mapping[]
  readU8(address: number): number
  readU16(address: number): number
  readU32(address: number): number
  readI32(address: number): number
  /** An unsigned 64-bit word; exact below 2^53. */
  readWord(address: number): number
  /** A fresh copy of `size` bytes. */
  readBytes(address: number, size: number): Uint8Array
  /** Fills `target` from `address` on; stops at the first byte that is not there and returns how many were read. */
  readInto(address: number, target: Uint8Array): number
  /** True when all of [address, address + size) can be read. */
  isReadable(address: number, size: number): boolean
  /** Enough to open the same memory in a worker thread: plain data, structured clone safe. */
  readonly plan: MemoryPlan
  close(): void
}

/** Where the bytes of [address, address + size) lie. Ascending, not overlapping. */
export interface Extent {
  address: number
  size: number
  /** Index into MemoryPlan.files. */
  file: number
  fileOffset: number
}

export interface MemoryPlan {
  readonly files: readonly string[]
  readonly extents: readonly Extent[]
  readonly mappings: readonly Mapping[]
}

export interface MemoryOptions {
  /** Most bytes that the cache behind the small reads holds; 256 MiB unless told. */
  cacheBytes?: number
}

/**
 * Opens the memory that `plan` describes. Each call opens the files anew and has a cache of its own, so every worker
 * thread can have one. Throws GoheapError 'file' when a file cannot be opened.
 */
export function openMemory(plan: MemoryPlan, options: MemoryOptions = {}): Memory {
  return new BlockCache(plan, options.cacheBytes ?? DEFAULT_CACHE_BYTES)
}

const DEFAULT_CACHE_BYTES = 256 << 20
