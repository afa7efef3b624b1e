import { GoheapError } from '../../errors.ts'
import type { GoArch } from '../file/core.ts'
import type { BuildInfo } from './buildinfo.ts'
import type { Layouts } from './layouts.ts'

/**
 * All that goheap knows by Go version lives here. Readers ask the data first (does mspan have this field, how wide
 * is it: Layouts); only what the data cannot say is a row below. A new Go release means: raise NEWEST_MINOR once
 * the tests pass on it, and add a row when a row's fact has changed.
 */
export const OLDEST_MINOR = 21
export const NEWEST_MINOR = 27

interface VersionFact {
  readonly fact: string
  /** First and last minor version for which it holds. */
  readonly since: number
  readonly until: number
  readonly source: string
}

const VERSION_FACTS = [
  {
    fact: 'gcPrograms',
    since: 0,
    until: 23,
    source: 'internal/abi/type.go, KindGCProg: GCData of such a type is a program, not a bitmap',
  },
  {
    fact: 'unrolledBitmap',
    since: 22,
    until: 23,
    source:
      'internal/abi/type.go, TFlagUnrolledBitmap: a dummy type of which size, mask and PtrBytes alone are valid',
  },
  {
    fact: 'gcMaskOnDemand',
    since: 24,
    until: Number.POSITIVE_INFINITY,
    source:
      'internal/abi/type.go, TFlagGCMaskOnDemand (the same bit): GCData points at a pointer to the mask',
  },
  {
    fact: 'scansExtendedRegisters',
    since: 27,
    until: Number.POSITIVE_INFINITY,
    source:
      'runtime/preempt_xreg.go, xRegScan: the collector scans the vector registers of preempted goroutines',
  },
  {
    fact: 'boxesWeakHandles',
    since: 26,
    until: Number.POSITIVE_INFINITY,
    source: 'runtime/mheap.go, getOrAddWeakHandle: a handle is a weakHandleBox of 16 bytes, one word before',
  },
] as const satisfies readonly VersionFact[]

export type FactName = (typeof VERSION_FACTS)[number]['fact']

/** Plain data, so that workers get a copy. */
export interface GoFacts {
  /** As runtime.Version() has it: `go1.26.8`, possibly with ` X:` experiments. */
  readonly version: string
  readonly minor: number
  /** False for a release newer than NEWEST_MINOR: what holds for that one is assumed, and the invariants decide. */
  readonly isKnownVersion: boolean
  readonly arch: GoArch
  /** Smallest instruction: 1 amd64, 4 arm64. */
  readonly minLC: number
  readonly holds: Readonly<Record<FactName, boolean>>
  /** Bytes at the end of a one-page span of small objects, after its heap bits: Green Tea's inline marks. 0 without. */
  readonly inlineMarkBytes: number
  /** Offset of the mark bits in the inline marks. */
  readonly inlineMarksOffset: number
  /** arenaIndex(address) = (address + arenaBaseShift) / arenaBytes. runtime/mheap.go, arenaIndex. */
  readonly arenaBaseShift: number
  readonly arenaBytes: number
  /** Built with the address sanitizer: each allocation is larger than what was asked for. runtime/malloc.go, redZoneSize */
  readonly hasRedzones: boolean
}

/** Largest slot whose heap bits lie in its span. internal/runtime/gc/malloc.go, MinSizeForMallocHeader. */
export const MAX_SLOT_WITHOUT_HEADER = 512
/** internal/runtime/gc/malloc.go, MallocHeaderSize. */
export const MALLOC_HEADER_BYTES = 8
/** runtime/sizeclasses.go, _PageShift: spans count in pages of 8 KiB whatever the system's page is. */
export const PAGE_BYTES = 8192
/** Smallest slot with inline marks. runtime/mgcmark_greenteagc.go, gcUsesSpanInlineMarkBits. */
export const MIN_SLOT_WITH_INLINE_MARKS = 16

/** Facts of a build; throws 'old-go' for a version older than OLDEST_MINOR. */
export function factsOf(
  { goVersion: version, settings }: BuildInfo,
  arch: GoArch,
  layouts: Layouts,
): GoFacts {
  const minor = minorOf(version)
  const holds = Object.fromEntries(
    VERSION_FACTS.map((row) => [row.fact, minor >= row.since && minor <= row.until]),
  ) as Record<FactName, boolean>
  const inlineMarks = layouts.hasStruct('runtime.spanInlineMarkBits')
    ? layouts.struct('runtime.spanInlineMarkBits')
    : undefined
  return {
    version,
    minor,
    isKnownVersion: minor <= NEWEST_MINOR,
    arch,
    minLC: arch === 'arm64' ? 4 : 1,
    holds,
    inlineMarkBytes: inlineMarks?.size ?? 0,
    inlineMarksOffset: inlineMarks?.has('marks') ? inlineMarks.offset('marks') : 0,
    // runtime/malloc.go, arenaBaseOffset: amd64's is -(1 << 47), so that the lower half of the address space follows the upper.
    arenaBaseShift: arch === 'amd64' ? 2 ** 47 : 0,
    arenaBytes: layouts.constant('runtime.heapArenaBytes') ?? 64 * 2 ** 20,
    hasRedzones: settings.get('-asan') === 'true',
  }
}

/**
 * The minor version of a version string. Newer ones than goheap knows count as NEWEST_MINOR + 1, and so do builds of Go
 * that do not say which they are.
 */
export function minorOf(version: string): number {
  const match = /^(?:devel )?go1\.(\d+)/.exec(version)
  const minor = match ? Number(match[1]) : Number.POSITIVE_INFINITY
  if (minor < OLDEST_MINOR) {
    throw new GoheapError(
      'old-go',
      `the program was built with ${version}; goheap reads Go 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR}`,
    )
  }
  return Math.min(minor, NEWEST_MINOR + 1)
}
