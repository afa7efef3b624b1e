import type { GoArch } from '../file/core.ts'

/**
 * What the runtime's version decides and its data cannot say. Plain data, so that workers get a copy.
 */
export interface GoFacts {
  /** As runtime.Version() has it: `go1.26.8`, possibly with ` X:` experiments. */
  readonly version: string
  readonly minor: number
  readonly arch: GoArch
  /** Smallest instruction: 1 amd64, 4 arm64. */
  readonly minLC: number
}
