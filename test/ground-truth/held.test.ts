import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ExtractedHeap } from '../../src/model/heap-graph.ts'
import { ROOT_KINDS } from '../../src/model/tables.ts'
import { NONE } from '../../src/model/types.ts'
import { extractRun } from '../oracle/extracted.ts'
import {
  because,
  buildProgram,
  crashProgram,
  GO_VERSIONS,
  type GoVersion,
  missingGo,
} from '../oracle/toolchain.ts'

/** A line of the file that fixtures/programs/held writes. */
interface Held {
  address: number
  /** `main.T1`, or `[]main.T1` for the first of several. */
  type: string
  functions: readonly string[]
  names: readonly string[]
}

/** With the whole standard library built without the optimizer, which costs as much as all else: others only the program. */
const WHOLE: readonly GoVersion[] = ['1.21.13', '1.27.4']

const CASES = GO_VERSIONS.flatMap((version) => [
  { version, flags: [] as string[] },
  { version, flags: [WHOLE.includes(version) ? '-gcflags=all=-N -l' : '-gcflags=-N -l'] },
])

describe.each(CASES)('objects that variables of Go $version $flags hold', ({ version, flags }) => {
  const missing = missingGo(version)
  test.skipIf(missing)(
    `are held under the variables' names, with their types${because(missing)}`,
    async () => {
      const run = crashProgram(buildProgram('held', version, { flags }))
      const { heap, finder, core } = await extractRun(run)
      compareWaits(heap, readFileSync(join(run.folder, 'waits'), 'utf8'), version)
      const all = readHeld(join(run.folder, 'held'))
      const found = compare(heap, finder, all)
      core.close()
      console.log(`go ${version} ${flags.join(' ')}: ${JSON.stringify(found.counts)}`)
      expect(found.wrong).toEqual([])
      expect(heap.problems).toEqual([])
      // Most are alive, and so is this test.
      expect(found.counts.pointers).toBeGreaterThan(200)
      const { named, typed, pointers } = found.counts
      expect(typed / pointers).toBeGreaterThan(0.9)
      expect(named / pointers).toBeGreaterThan(flags.length > 0 ? 0.99 : 0.8)
    },
  )
})

/** What goroutines wait for, and their labels, against what they noted themselves. */
function compareWaits(heap: ExtractedHeap, text: string, version: string): void {
  const waits = text.trim().split('\n')
  expect(waits).toHaveLength(4)
  for (const line of waits) {
    const [name, what, labels] = line.split('\t')
    const frame = heap.frames.find((each) => each.function === name)
    const row = heap.goroutines.find(({ root }) => root === frame?.goroutineRoot)
    const waitingOn = row?.waitingOn.map(({ how, address }) => `${how} 0x${address.toString(16)}`)
    // Up to Go 1.25 a goroutine does not know its condition.
    const wanted = what.startsWith('cond') && version < '1.26' ? [] : what.replace('cond', 'wait').split(', ')
    expect(waitingOn, name).toEqual(wanted[0] === undefined ? [] : wanted)
    const wantedLabels = new Map(Object.entries(JSON.parse(labels) ?? {}))
    expect(row?.labels ?? new Map(), name).toEqual(wantedLabels)
    expect([...(row?.labels?.keys() ?? [])]).toEqual([...wantedLabels.keys()].sort())
  }
}

function readHeld(path: string): Held[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [address, type, functions, ...names] = line.split(' ')
      return {
        address: Number.parseInt(address, 16),
        type,
        functions: functions.split(','),
        names: names.join(' ').split(','),
      }
    })
}

/** Compares each pointer from a stack with what the program says of its target. */
function compare(
  heap: ExtractedHeap,
  finder: { objectAt(address: number): number },
  all: readonly Held[],
): { wrong: string[]; counts: { pointers: number; named: number; typed: number; untypedObjects: number } } {
  const { roots, graph, objects, types } = heap
  const byObject = new Map(all.map((held) => [finder.objectAt(held.address), held]))
  const frames = new Map(heap.frames.map((frame) => [frame.root, frame.function]))
  const wrong: string[] = []
  const counts = { pointers: 0, named: 0, typed: 0, untypedObjects: 0 }
  const reached = new Set<number>()
  for (let root = 0; root < roots.count; root++) {
    const kind = ROOT_KINDS[roots.kind[root]]
    for (let e = graph.rootEdges.first[root]; e < graph.rootEdges.first[root + 1]; e++) {
      const held = byObject.get(graph.rootEdges.target[e])
      if (held === undefined || graph.rootEdges.targetOffset[e] !== 0) continue
      reached.add(graph.rootEdges.target[e])
      const frame = frames.get(roots.parent[root]) ?? '?'
      const name = roots.name[root]
      const text = `${kind} ${name} of ${frame} at ${held.type} ${held.functions}: ${held.names}`
      if (kind !== 'local' && kind !== 'argument') continue
      // Frames of callees hold arguments: park's, the runtime's.
      if (!frame.startsWith('main.')) continue
      counts.pointers++
      const isNamed = !name.startsWith('[')
      if (isNamed) counts.named++
      const isClosure = name.startsWith('closure main.')
      // Go 1.21 names the field `left` of `c` `cleft` when it takes `c` apart.
      if (isNamed && !isClosure && !held.names.includes(name.replace(/\.(ptr|data)$|\.?(left|right)$/, '')))
        wrong.push(`name: ${text}`)
      if (isNamed && !isClosure && !held.functions.includes(frame)) wrong.push(`function: ${text}`)
      const type = roots.type[root]
      if (type === NONE) continue
      counts.typed++
      const pointer = pointerAt(heap, type, graph.rootEdges.offset[e])
      const wanted = held.type.replace('[]', '')
      const allowed = [`*${wanted}`, `[]${wanted}`, 'interface {}', 'main.named', `closure`]
      if (!allowed.includes(pointer)) wrong.push(`type ${pointer}: ${text}`)
    }
  }
  for (const [object, held] of byObject) {
    if (object === NONE) continue
    const type = objects.type[object]
    // The collection freed what no variable held any more, and the panic may have taken such a slot again.
    if (!reached.has(object) && types.rows[type]?.name.startsWith('runtime.')) continue
    if (type === NONE) {
      if (reached.has(object)) counts.untypedObjects++
    } else if (types.rows[type].name !== held.type.replace('[]', ''))
      wrong.push(`object: ${types.rows[type].name}, not ${held.type} of ${held.functions} ${held.names}`)
  }
  return { wrong, counts }
}

/** Name of the pointer, slice or interface that is at an offset in a type; what there is instead. */
function pointerAt({ types }: ExtractedHeap, type: number, offset: number): string {
  let at = type
  let rest = offset
  for (;;) {
    const row = types.rows[at]
    if (row.kind === 'struct' || row.kind === 'closure') {
      const field = row.fields.findLast((each) => each.offset <= rest)
      if (field === undefined || rest >= row.size) return row.kind === 'closure' ? 'closure' : '?'
      // Beyond what DWARF says of a closure.
      if (row.kind === 'closure' && field.name === 'F') return 'closure'
      rest -= field.offset
      at = field.type
    } else if (row.kind === 'array') {
      const { size } = types.rows[row.element]
      rest %= size
      at = row.element
    } else if (row.kind === 'interface') return rest === 8 ? row.name : '?'
    else return rest === 0 ? row.name : `${row.name}+${rest}`
  }
}
