import type { Problems } from '../../model/problem.ts'
import type { Dwarf } from '../dwarf/dwarf.ts'
import type { Core } from '../file/core.ts'
import type { Memory } from '../file/memory.ts'
import type { GoFacts } from './facts.ts'
import type { Layouts } from './layouts.ts'
import type { ModuleData } from './moduledata.ts'

/** What every later stage reads from: the opened core, the runtime's layouts and facts, its modules. */
export interface GoProcess {
  readonly core: Core
  readonly memory: Memory
  readonly layouts: Layouts
  readonly facts: GoFacts
  /** undefined when the binary carries none. */
  readonly dwarf: Dwarf | undefined
  /** The binary's own module first, then plugins. */
  readonly modules: readonly ModuleData[]
  readonly problems: Problems
}
