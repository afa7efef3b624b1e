import type { Problems } from '../../model/problem.ts'
import { type JoinedDwarf, joinDwarf } from '../dwarf/join.ts'
import { openDwarf } from '../dwarf/open.ts'
import type { Core } from '../file/core.ts'
import type { Memory } from '../file/memory.ts'
import { type BuildInfo, readBuildInfo } from './buildinfo.ts'
import { dwarfLayouts } from './dwarf-layouts.ts'
import { factsOf, type GoFacts } from './facts.ts'
import type { Layouts } from './layouts.ts'
import { type ModuleData, readModules } from './moduledata.ts'
import { openPclntab, type Pclntab } from './pclntab.ts'
import { openPlugins, type Plugin } from './plugins.ts'
import { openStripped } from './stripped.ts'

/** What every later stage reads from: the opened core, the runtime's layouts and facts, its modules. */
export interface GoProcess {
  readonly core: Core
  readonly memory: Memory
  readonly buildInfo: BuildInfo
  readonly layouts: Layouts
  /** What tells the layouts: the binary's own DWARF, or the table that goheap has of its Go release. */
  readonly layoutSource: 'dwarf' | 'table'
  readonly facts: GoFacts
  /** With that of its plugins; empty when the binary carries none; without a word of Go when only its C parts do. */
  readonly dwarf: JoinedDwarf | undefined
  /** Plugins whose files are here, where the binary's own DWARF tells the layouts. */
  readonly plugins: readonly Plugin[]
  /** The binary's own module first, then plugins. */
  readonly modules: readonly ModuleData[]
  readonly pclntab: Pclntab
  readonly problems: Problems
}

/**
 * Finds the Go runtime in an opened core. Throws 'not-go' for other programs, 'unsupported' for a Go version that is
 * not read, and for a stripped binary in which the runtime is not found.
 */
export function openProcess(core: Core, problems: Problems): GoProcess {
  const buildInfo = readBuildInfo(core.binary, problems)
  const dwarf = openDwarf(core.binary)
  noteWarnings(dwarf, problems)
  const process = { core, memory: core.memory, buildInfo, problems }
  if (!dwarf.typesByName.has('runtime.mheap')) {
    const stripped = openStripped(core, buildInfo, problems)
    return { ...process, dwarf, plugins: [], layoutSource: 'table', ...stripped }
  }
  const layouts = dwarfLayouts(dwarf, core.bias)
  const facts = factsOf(buildInfo, core.arch, layouts)
  const modules = readModules(core.memory, layouts, problems)
  const pclntab = openPclntab(core.memory, modules, facts.minLC)
  const plugins = openPlugins(core, modules)
  for (const { loaded } of plugins) noteWarnings(loaded.dwarf, problems)
  const joined = joinDwarf(
    dwarf,
    plugins.map(({ loaded }) => loaded),
  )
  return { ...process, dwarf: joined, plugins, layoutSource: 'dwarf', layouts, facts, modules, pclntab }
}

function noteWarnings({ warnings }: JoinedDwarf, problems: Problems): void {
  for (const message of warnings) problems.add('facts', 'dwarf-skipped', 'info', message)
}
