import { formatBytes, formatCount, formatPercent } from '../../base/numbers.ts'
import type { Summary } from '../summary.ts'
import { showControls } from './text.ts'

/** A summary as lines of text; `withProblems` adds a line for each problem. */
export function renderSummary(summary: Summary, { withProblems }: { withProblems: boolean }): string {
  const { metadata } = summary
  const totals: [string, number, number?][] = [
    ['objects', summary.objects, summary.bytes],
    ['reachable', summary.reachableObjects, summary.reachableBytes],
    ['types', summary.types],
    ['roots', summary.roots],
    ['goroutines', summary.goroutines],
  ]
  const counts = totals.map(([, count]) => formatCount(count))
  const sizes = totals.map(([, , bytes]) => (bytes === undefined ? '' : formatBytes(bytes)))
  const countWidth = Math.max(...counts.map((text) => text.length))
  const sizeWidth = Math.max(...sizes.map((text) => text.length))
  const line = (name: string, value: string) => `${name.padEnd(12)}${value}`.trimEnd()
  const lines = [
    line('program', describeProgram(metadata)),
    line(
      'go',
      [metadata.go_version, `${metadata.goos}/${metadata.goarch}`, ...describeRelease(metadata)].join(' '),
    ),
    ...describeCore(metadata).map((text) => line('core', text)),
    ...totals.map(([name], i) =>
      line(name, `${counts[i].padStart(countWidth)}  ${sizes[i].padStart(sizeWidth)}`),
    ),
    ...describeLosses(metadata).map((text) => line('lost', text)),
    line('typed', describeTyped(summary)),
    line('problems', describeProblems(summary)),
    line('database', `${summary.path} (${formatBytes(summary.size)})`),
  ]
  if (withProblems) {
    for (const problem of summary.problems) {
      const times = problem.count > 1 ? ` (${formatCount(problem.count)} times)` : ''
      lines.push(`  ${problem.severity.padEnd(8)}${problem.stage}: ${problem.message}${times}`)
    }
  }
  return `${lines.map(showControls).join('\n')}\n`
}

function describeProgram(metadata: Summary['metadata']): string {
  const { main_path, main_module, main_version, binary_file } = metadata
  const name = main_path ?? main_module ?? binary_file ?? '(unknown)'
  return main_version === undefined || main_version === '(devel)' ? `${name}` : `${name} ${main_version}`
}

function describeRelease({ go_read_as }: Summary['metadata']): string[] {
  return go_read_as === undefined ? [] : [`(newer than goheap knows: read as ${go_read_as})`]
}

function describeCore({ core_file, core_size }: Summary['metadata']): string[] {
  if (core_file === undefined) return []
  return [typeof core_size === 'number' ? `${core_file} (${formatBytes(core_size)})` : `${core_file}`]
}

/** What the core has lost, and what it means for the figures above. */
function describeLosses({ reachability, lost_objects }: Summary['metadata']): string[] {
  if (reachability !== 'incomplete') return []
  const objects =
    typeof lost_objects === 'number'
      ? `about ${formatCount(lost_objects)} objects`
      : 'objects, how many is not known'
  const lines = lost_objects === 0 ? [] : [objects]
  return [...lines, 'pointers: more may be reachable, and hold more or less than found']
}

function describeTyped({ reachableBytes, typedReachableBytes }: Summary): string {
  if (reachableBytes === 0) return '-'
  return `${formatPercent((100 * typedReachableBytes) / reachableBytes)} of reachable bytes`
}

function describeProblems({ problemCounts }: Summary): string {
  const parts = Object.entries(problemCounts)
    .filter(([, count]) => count > 0)
    .map(([severity, count]) => `${count} ${severity}${count > 1 && severity !== 'info' ? 's' : ''}`)
  return parts.length === 0 ? 'none' : parts.join(', ')
}
