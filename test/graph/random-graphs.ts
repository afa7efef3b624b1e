import fc from 'fast-check'
import { NONE } from '../../src/model/types.ts'
import type { GraphLists } from './drawn-graph.ts'

/** Changed by GOHEAP_SEED; fast-check prints the seed and the shrunken graph of a failure. */
export const SEED = Number(process.env.GOHEAP_SEED ?? 20240607)

const bySource = (pairs: [number, number][]) => pairs.toSorted((a, b) => a[0] - b[0])

/** Heaps of up to `maxNodes` nodes: forests of roots, sparse to dense, cycles and parallel pointers and garbage included. */
export function anyGraph(maxNodes: number): fc.Arbitrary<GraphLists> {
  return fc
    .record({
      objectCount: fc.integer({ min: 1, max: Math.max(1, maxNodes - 8) }),
      rootCount: fc.integer({ min: 0, max: 8 }),
      density: fc.constantFrom(0.5, 1, 1.3, 2, 4),
      rootDensity: fc.constantFrom(0.2, 1, 2),
    })
    .chain(({ objectCount, rootCount, density, rootDensity }) => {
      const object = fc.integer({ min: 0, max: objectCount - 1 })
      const root = fc.integer({ min: 0, max: Math.max(0, rootCount - 1) })
      const length = Math.round(objectCount * density)
      const rootLength = rootCount === 0 ? 0 : Math.ceil(rootCount * rootDensity)
      return fc.record({
        objectCount: fc.constant(objectCount),
        sizes: fc.array(fc.constantFrom(8, 16, 48, 4096), { minLength: objectCount, maxLength: objectCount }),
        rootParent: fc.tuple(
          ...Array.from({ length: rootCount }, (_, r) => fc.integer({ min: NONE, max: r - 1 })),
        ),
        edges: fc
          .array(fc.tuple(object, object), { minLength: Math.floor(length / 2), maxLength: length })
          .map(bySource),
        rootEdges: fc
          .array(fc.tuple(root, object), { minLength: Math.ceil(rootLength / 2), maxLength: rootLength })
          .map(bySource),
      })
    })
}
