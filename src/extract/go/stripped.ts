import { GoheapError } from '../../errors.ts'
import type { Problems } from '../../model/problem.ts'
import type { Core } from '../file/core.ts'
import type { AddressRange } from '../file/extents.ts'
import type { BuildInfo } from './buildinfo.ts'
import { factsOf, type GoFacts, minorOf, NEWEST_MINOR } from './facts.ts'
import { findModuleData } from './find-modules.ts'
import { dataRanges, type FoundVariable, findVariables } from './find-variables.ts'
import { canBe, isTelling, type VariableContext } from './known-variables.ts'
import { type LayoutPart, type LayoutTable, partsOf, readLayoutTable, tableLayouts } from './layout-table.ts'
import type { Layouts } from './layouts.ts'
import { type ModuleData, readModules } from './moduledata.ts'
import { openPclntab, type Pclntab } from './pclntab.ts'
import { searchVariable } from './search-variables.ts'

/** The runtime of a program without DWARF. */
export interface StrippedRuntime {
  layouts: Layouts
  facts: GoFacts
  modules: readonly ModuleData[]
  pclntab: Pclntab
}

/** Without these there is no heap to read. */
const INDISPENSABLE = ['runtime.mheap_', 'runtime.allgs']

/**
 * Finds the runtime in a binary without DWARF: layouts from the table of its release; addresses of variables from the
 * symbol table, which `-ldflags=-w` leaves, else from the code that uses them and from what they hold. What is not
 * found, or only doubtfully, is not known: a problem row names it.
 */
export function openStripped(core: Core, buildInfo: BuildInfo, problems: Problems): StrippedRuntime {
  const { memory, arch, binaryPath } = core
  if (core.system !== 'linux') {
    const message = `${binaryPath} has no DWARF, and the layouts that goheap ships are those of Linux, not of ${core.system}`
    throw new GoheapError('unsupported', message)
  }
  const table = tableFor(buildInfo.goVersion)
  const experiments = experimentsOf(buildInfo)
  const variables = symbolsOf(core, table)
  const isNamed = variables.size > 0
  const layouts = tableLayouts({ table, arch, experiments, variables })
  const facts = factsOf(buildInfo, arch, layouts)
  if (!variables.has('runtime.firstmoduledata')) {
    const address = findModuleData(core, layouts)
    if (address === undefined) {
      throw new GoheapError(
        'unsupported',
        `${binaryPath} has no DWARF, and its runtime.firstmoduledata is not found by the layout of ${table.go}`,
      )
    }
    variables.set('runtime.firstmoduledata', address)
  }
  const modules = readModules(memory, layouts, problems)
  const pclntab = openPclntab(memory, modules, facts.minLC)
  const missing = table.variables.filter((name) => !variables.has(name))
  if (missing.length > 0) {
    const data = dataRanges(modules[0])
    const parts = partsOf(table, arch, experiments)
    const voted = findVariables({ arch, memory, pclntab, data }, parts)
    const found = settle({ memory, layouts, facts }, { voted, missing, parts, data, known: variables })
    for (const [name, address] of found) variables.set(name, address)
  }
  const unknown = table.variables.filter((name) => !variables.has(name))
  const lost = unknown.find((name) => INDISPENSABLE.includes(name))
  if (lost !== undefined) {
    throw new GoheapError(
      'unsupported',
      `${binaryPath} has no DWARF, and its ${lost} is not found by the layout of ${table.go}`,
    )
  }
  report({ table, isNamed, unknown }, problems)
  return { layouts, facts, modules, pclntab }
}

/** A newer release than goheap knows is read by the newest table: the invariants decide whether that holds. */
function tableFor(version: string): LayoutTable {
  const minor = Math.min(minorOf(version), NEWEST_MINOR)
  const table = readLayoutTable(minor)
  if (table === undefined) throw new Error(`layouts/go1.${minor}.json is missing: npm run layouts makes it`)
  return table
}

/** GOEXPERIMENT as the version string or the build settings have it, and `race`. internal/buildcfg, exp.go */
function experimentsOf({ goVersion, settings }: BuildInfo): string[] {
  const listed = / X:(\S+)/.exec(goVersion)?.[1] ?? settings.get('GOEXPERIMENT') ?? ''
  const experiments = listed.split(',').filter((name) => name !== '')
  return settings.get('-race') === 'true' ? [...experiments, 'race'] : experiments
}

/** What the symbol table has of the table's variables; empty when the binary has none. */
function symbolsOf({ binary, bias }: Core, { variables }: LayoutTable): Map<string, number> {
  const wanted = new Set(variables)
  const found = new Map<string, number>()
  for (const { name, address } of binary.symbols()) {
    if (wanted.has(name) && !found.has(name)) found.set(name, address + bias)
  }
  return found
}

interface Search {
  voted: ReadonlyMap<string, FoundVariable>
  missing: readonly string[]
  parts: readonly LayoutPart[]
  data: readonly AddressRange[]
  known: ReadonlyMap<string, number>
}

/** Of what the code says, what can be relied on; for the rest, what the data tell alone. */
function settle(
  context: VariableContext,
  { voted, missing, parts, data, known }: Search,
): Map<string, number> {
  const settled = new Map<string, number>()
  const module = voted.get('runtime.firstmoduledata')
  // This one is known otherwise: when the code does not lead there, it is not the code that the table describes.
  const isFamiliar = module === undefined || module.address === known.get('runtime.firstmoduledata')
  for (const name of missing) {
    const found = isFamiliar ? voted.get(name) : undefined
    const isSupported =
      found !== undefined &&
      found.votes > 2 * found.against &&
      (isTelling(name) || found.votes >= Math.min(2, countWitnesses(parts, name)))
    if (isSupported && canBe(name, context, found.address)) settled.set(name, found.address)
    else {
      const address = searchVariable(name, context, data)
      if (address !== undefined) settled.set(name, address)
    }
  }
  return settled
}

/** Functions of which the table knows that they refer to a variable. */
function countWitnesses(parts: readonly LayoutPart[], name: string): number {
  const label = name.slice('runtime.'.length)
  const witnesses = new Set<string>()
  for (const { references } of parts) {
    for (const [fn, text] of Object.entries(references)) {
      if (text.split(' ').some((word) => word === label || word.startsWith(`${label}+`))) witnesses.add(fn)
    }
  }
  return witnesses.size
}

function report(
  { table, isNamed, unknown }: { table: LayoutTable; isNamed: boolean; unknown: readonly string[] },
  problems: Problems,
): void {
  const lost = isNamed
    ? 'local variables, and types of variables'
    : 'global and local variables, and their types'
  problems.add(
    'facts',
    'stripped',
    'info',
    `the binary has no DWARF of Go: the runtime is read by the layouts of ${table.go}; names of ${lost} are lost`,
  )
  if (unknown.length > 0) {
    const message = `not found in the stripped binary, so that what they hold is not known: ${unknown.join(', ')}`
    problems.add('facts', 'variables-not-found', 'warning', message, { count: unknown.length })
  }
}
