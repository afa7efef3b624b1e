import type { LoadedDwarf } from '../dwarf/join.ts'
import { openDwarf } from '../dwarf/open.ts'
import type { Core } from '../file/core.ts'
import type { Elf } from '../file/elf.ts'
import type { ModuleData } from './moduledata.ts'

/** A library of `go build -buildmode=plugin` that the program has loaded: a module of its runtime. */
export interface Plugin {
  elf: Elf
  /** Run-time minus link-time address. */
  bias: number
  loaded: LoadedDwarf
}

/** Those of the modules after the first whose files are here. */
export function openPlugins(core: Core, [main, ...others]: readonly ModuleData[]): Plugin[] {
  return others.flatMap(({ text, etext, types, etypes }) => {
    const library = core.libraryAt(text)
    if (library === undefined) return []
    const { elf, bias } = library
    const loaded = {
      dwarf: openDwarf(elf),
      start: text - core.bias,
      end: etext - core.bias,
      shift: bias - core.bias,
      descriptorsFrom: types - main.types,
      descriptorBytes: etypes - types,
    }
    return [{ elf, bias, loaded }]
  })
}
