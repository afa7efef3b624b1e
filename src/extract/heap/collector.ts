import { readable } from '../file/readable.ts'
import type { GoProcess } from '../go/process.ts'

/** GOMEMLIMIT=off. runtime/mgcpacer.go, readGOMEMLIMIT */
const NO_LIMIT = 2n ** 63n - 1n

/**
 * How the collector is set, and how it does, as rows of the table `metadata`; what is not in the core is left out.
 * runtime/mgcpacer.go, gcControllerState; runtime/mstats.go, mstats
 */
export function describeCollector({ memory, layouts }: GoProcess): Map<string, number | string> {
  const found = new Map<string, number | string>()
  const put = (key: string, read: () => number | string | undefined) => {
    const value = readable(read)
    if (value !== undefined) found.set(key, value)
  }
  const word = (address: number) => {
    const bytes = memory.readBytes(address, 8)
    return new DataView(bytes.buffer, bytes.byteOffset, 8)
  }
  const controller = placeOf(layouts, 'runtime.gcController', 'runtime.gcControllerState')
  if (controller !== undefined) {
    const field = (name: string) => controller.address + controller.layout.offset(name)
    const bytes = (key: string, name: string) => put(key, () => memory.readWord(field(name)))
    put('gc_percent', () => memory.readI32(field('gcPercent')))
    put('gc_memory_limit', () => {
      const limit = word(field('memoryLimit')).getBigInt64(0, true)
      return limit === NO_LIMIT ? 'off' : Number(limit)
    })
    bytes('gc_heap_minimum', 'heapMinimum')
    bytes('gc_heap_live', 'heapLive')
    bytes('gc_heap_marked', 'heapMarked')
    // All ones while GOGC=off.
    put('gc_percent_goal', () => {
      const goal = word(field('gcPercentHeapGoal')).getBigUint64(0, true)
      return goal < 2n ** 53n ? Number(goal) : undefined
    })
    bytes('gc_stack_scan', 'lastStackScan')
    bytes('gc_globals_scan', 'globalsScan')
    bytes('gc_mapped_ready', 'mappedReady')
  }
  const stats = placeOf(layouts, 'runtime.memstats', 'runtime.mstats')
  if (stats !== undefined) {
    const field = (name: string) => stats.address + stats.layout.offset(name)
    put('gc_cycles', () => memory.readU32(field('numgc')))
    put('gc_forced_cycles', () => memory.readU32(field('numforcedgc')))
    put('gc_pause_total_ns', () => memory.readWord(field('pause_total_ns')))
    // Numbers of this table are whole.
    put('gc_cpu_fraction', () => String(word(field('gc_cpu_fraction')).getFloat64(0, true)))
  }
  return found
}

function placeOf(layouts: GoProcess['layouts'], variable: string, struct: string) {
  const address = layouts.variable(variable)
  if (address === undefined || !layouts.hasStruct(struct)) return undefined
  return { address, layout: layouts.struct(struct) }
}
