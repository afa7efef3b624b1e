/**
 * Times writeDatabase on a synthetic heap, a line a stage: node bench/write.ts [objects] [file]
 */
import { rmSync, statSync } from 'node:fs'
import { Progress, type Stage } from '../src/progress.ts'
import { writeDatabase } from '../src/schema/write.ts'
import { makeSyntheticHeap } from './synthetic-heap.ts'

const objects = Number(process.argv[2] ?? 1_000_000)
const path = process.argv[3] ?? '/tmp/goheap-bench.db'
/** Of the processor: other work on the machine does not count. */
const seconds = (from: number) => (cpuSeconds() - from).toFixed(1)
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

let start = cpuSeconds()
const analysed = makeSyntheticHeap(objects)
const { edges } = analysed.heap.graph
console.log(`made ${objects} objects, ${edges.count} edges in ${seconds(start)} s`)
console.log(`reachable: ${analysed.analysis.reachableObjects}`)

start = cpuSeconds()
let last = ''
const update = (stage: Stage, done: number, total: number) => {
  const line = stage === 'indexes' ? `${stage} ${done}/${total}` : stage
  if (line === last && done < total) return
  last = line
  console.log(`${seconds(start).padStart(6)} s  ${stage} ${done}/${total}`)
}
await writeDatabase(analysed, path, { force: true, progress: new Progress({ update }) })
console.log(`${seconds(start).padStart(6)} s  complete, ${(statSync(path).size / 2 ** 20).toFixed(0)} MiB`)
console.log(`peak memory ${(process.resourceUsage().maxRSS / 2 ** 10).toFixed(0)} MiB`)
if (process.argv[3] === undefined) rmSync(path)
