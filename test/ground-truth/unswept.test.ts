import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import type { Analysis } from '../../src/model/heap-graph.ts'
import { NONE } from '../../src/model/types.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, chooseVersions, crashProgram, missingGo } from '../oracle/toolchain.ts'

interface Recorded {
  address: number
  isLive: boolean
}

describe.each(chooseVersions('1.21.13', '1.24.13', '1.27.4'))('Go %s', (version) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`a core taken while the heap is being swept${because(reason)}`, () => {
    let recorded: Recorded[]
    let extracted: Extracted
    let analysis: Analysis
    beforeAll(async () => {
      const run = crashProgram(buildProgram('unswept', version), 'truth')
      recorded = readFileSync(join(run.folder, 'truth'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' '))
        .map(([address, , state]) => ({ address: Number.parseInt(address, 16), isLive: state === 'live' }))
      extracted = await extractRun(run)
      analysis = analyse(extracted.heap).analysis
    })

    it('was taken before the sweep was over', () => {
      expect(extracted.heap.objects.unswept.filter((flag) => flag === 1).length).toBeGreaterThan(1000)
    })

    it('has every live object reachable, and none of them found dead', () => {
      const wrong = recorded.filter(({ address, isLive }) => {
        const object = extracted.finder.objectAt(address)
        const { unswept } = extracted.heap.objects
        return isLive && (object === NONE || unswept[object] === 1 || analysis.reachable[object] === 0)
      })
      expect(wrong.slice(0, 10)).toEqual([])
    })

    it('has every dead object freed already, or allocated still and found dead', () => {
      const { objects, types } = extracted.heap
      const wrong = recorded.filter(({ address, isLive }) => {
        const object = extracted.finder.objectAt(address)
        if (isLive || object === NONE || objects.unswept[object] === 1) return false
        // The sweeper may have freed the slot and the runtime taken it again, for an object of its own.
        const type = types.rows[objects.type[object]]
        return !(analysis.reachable[object] === 1 && type?.name.startsWith('runtime.'))
      })
      expect(wrong.slice(0, 10)).toEqual([])
    })

    it('has no object both found dead and reachable', () => {
      const { unswept } = extracted.heap.objects
      expect(analysis.reachable.filter((flag, object) => flag === 1 && unswept[object] === 1).length).toBe(0)
    })
  })
})
