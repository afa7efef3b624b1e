import { hashText } from '../base/content-hash.ts'
import { fingerprintCore } from './file/fingerprint.ts'
import { readable } from './file/readable.ts'
import { readAuxiliaryVector } from './go/auxiliary-vector.ts'
import { NEWEST_MINOR } from './go/facts.ts'
import type { GoProcess } from './go/process.ts'
import { describeCollector } from './heap/collector.ts'
import type { SpanRecords } from './heap/spans.ts'

/**
 * Tells a process from all others of its build, in cores of any kind: ids are used again, and in containers all are 1. By
 * where the kernel put its stack and vDSO (in the auxiliary vector), and by when its runtime began, in nanoseconds.
 * runtime/proc.go, main
 */
function identifyProcess(process: GoProcess): string | undefined {
  const words = [...readAuxiliaryVector(process)].flat()
  const begin = process.layouts.variable('runtime.runtimeInitTime')
  if (begin !== undefined) words.push(process.memory.readWord(begin))
  if (words.length === 0) return undefined
  return hashText([new Uint8Array(Float64Array.from(words).buffer)])
}

const GC_PHASES = ['off', 'mark', 'mark termination']

/** Facts of the dump as a whole: rows of the table `metadata`. */
export function describeHeap(
  process: GoProcess,
  spans: SpanRecords,
  sizes: Float64Array,
): Map<string, string | number> {
  const { core, facts, buildInfo, layouts, memory } = process
  const metadata = new Map<string, string | number>()
  const put = (key: string, value: string | number | undefined) => {
    if (value !== undefined) metadata.set(key, value)
  }
  put('go_version', facts.version)
  put('go_read_as', facts.isKnownVersion ? undefined : `go1.${NEWEST_MINOR}`)
  put('goos', core.system)
  put('goarch', facts.arch)
  put('main_path', buildInfo.mainPath)
  put('main_module', buildInfo.mainModule?.path)
  put('main_version', buildInfo.mainModule?.version)
  put('build_id', core.binary.goBuildId)
  put('gnu_build_id', core.binary.gnuBuildId)
  put('core_file', core.corePath)
  put('core_size', core.coreSize)
  put('core_fingerprint', fingerprintCore(core))
  put('core_writer', core.writer)
  put('binary_file', core.binaryPath)
  put('debug_file', core.debugPath)
  put('command_line', core.commandLine)
  put('process_id', core.processId)
  put(
    'process_token',
    readable(() => identifyProcess(process)),
  )
  put('threads', core.threads.length)
  put('heap_objects', sizes.length)
  let bytes = 0
  for (const size of sizes) bytes += size
  put('heap_bytes', bytes)
  put('heap_sweepgen', spans.heapSweepgen)
  const phase = layouts.variable('runtime.gcphase')
  const number = phase === undefined ? undefined : readable(() => memory.readU32(phase))
  put('gc_phase', number === undefined ? undefined : (GC_PHASES[number] ?? `phase ${number}`))
  const rate = layouts.variable('runtime.MemProfileRate')
  put('mem_profile_rate', rate === undefined ? undefined : readable(() => memory.readWord(rate)))
  for (const [key, value] of describeCollector(process)) put(key, value)
  return metadata
}
