import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findImmediateDominators } from '../../src/graph/dominators.ts'
import { Steps } from '../../src/graph/steps.ts'
import { SEED } from './random-graphs.ts'

test('the climb to the first dominator not above the semidominator is the same with and without jump pointers', () => {
  // Tree parents and bounds mostly right above, so that the trees are deep.
  const node = fc.record({
    back: fc.constantFrom(1, 1, 1, 1, 2, 5),
    gap: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 3, 10, 30),
  })
  fc.assert(
    fc.property(
      fc.array(node, { minLength: 1, maxLength: 200 }),
      fc.integer({ min: -1, max: 1 }),
      (nodes, allowance) => {
        const count = nodes.length
        const parents = [0, ...nodes.map(({ back }, i) => Math.max(0, i + 1 - back))]
        const bounds = [0, ...nodes.map(({ gap }, i) => Math.max(0, parents[i + 1] - gap))]
        const idom = Int32Array.from(parents)
        const depth = Int32Array.from(bounds)
        findImmediateDominators(idom, depth, count, new Steps(count, undefined), allowance)

        const expected = [0]
        const expectedDepth = [0]
        for (let number = 1; number <= count; number++) {
          let above = parents[number]
          while (above > bounds[number]) above = expected[above]
          expected.push(above)
          expectedDepth.push(expectedDepth[above] + 1)
        }
        expect([...idom]).toEqual(expected)
        expect([...depth]).toEqual(expectedDepth)
      },
    ),
    { seed: SEED, numRuns: 2000 },
  )
})
