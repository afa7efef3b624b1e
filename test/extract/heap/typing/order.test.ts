import { describe, expect, test } from 'vitest'
import { extract } from '../../../../src/extract/extract.ts'
import { openCore } from '../../../../src/extract/file/core.ts'
import { TypeMasks } from '../../../../src/extract/go/gc-mask.ts'
import { openProcess } from '../../../../src/extract/go/process.ts'
import { openTypeCatalog, type TypeCatalog } from '../../../../src/extract/go/type-catalog.ts'
import { planHeapBits } from '../../../../src/extract/heap/heap-bits.ts'
import { buildPageMap, objectFinder } from '../../../../src/extract/heap/object-finder.ts'
import { objectMasks } from '../../../../src/extract/heap/object-masks.ts'
import { readSpans } from '../../../../src/extract/heap/spans.ts'
import { typeObjects } from '../../../../src/extract/heap/typing/type-objects.ts'
import type { ExtractedHeap } from '../../../../src/model/heap-graph.ts'
import { Problems } from '../../../../src/model/problem.ts'
import type { RootEdgeTable, RootTable } from '../../../../src/model/tables.ts'
import { NONE } from '../../../../src/model/types.ts'
import { Progress } from '../../../../src/progress.ts'
import { because, buildProgram, crashProgram, missingGo } from '../../../oracle/toolchain.ts'

const SEED = 20_240_117

/** Every object's type in words. */
function describeTypes({ objects, types }: ExtractedHeap): string[] {
  return Array.from(objects.type, (type, i) =>
    type === NONE ? '?' : `${objects.length[i]} x ${types.rows[type].name} by ${objects.typeSource[i]}`,
  )
}

/** The same roots in another order. Types are renamed to rows of another catalog. */
function shuffleRoots(
  { roots, graph: { rootEdges }, types }: ExtractedHeap,
  catalog: TypeCatalog,
): { roots: RootTable; rootEdges: RootEdgeTable } {
  const order = Array.from({ length: roots.count }, (_, i) => i)
  let random = SEED
  for (let i = order.length - 1; i > 0; i--) {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
    const j = random % (i + 1)
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  const edges = order.flatMap((root) =>
    Array.from(
      { length: rootEdges.first[root + 1] - rootEdges.first[root] },
      (_, i) => rootEdges.first[root] + i,
    ),
  )
  const first = Uint32Array.from([0, ...order])
  order.forEach((root, i) => {
    first[i + 1] = first[i] + rootEdges.first[root + 1] - rootEdges.first[root]
  })
  const typeIn = (type: number): number => {
    if (type === NONE) return NONE
    const row = types.rows[type]
    const { runtimeAddress, name, kind, element, length = 0 } = row
    if (runtimeAddress !== undefined) return catalog.fromRuntime(runtimeAddress)
    const known = catalog.byName(name)
    // Pointers and arrays that the program does not have by themselves.
    if (known === NONE && kind === 'ptr') return catalog.pointerTo(typeIn(element))
    if (known === NONE && kind === 'closure') {
      const fields = row.fields.map((field) => ({ ...field, type: typeIn(field.type) }))
      return catalog.named(name, () => ({ ...row, fields }))
    }
    return known === NONE && kind === 'array' ? catalog.arrayOf(typeIn(element), length) : known
  }
  return {
    roots: {
      ...roots,
      kind: Uint8Array.from(order, (root) => roots.kind[root]),
      type: Int32Array.from(order, (root) => typeIn(roots.type[root])),
      address: Float64Array.from(order, (root) => roots.address[root]),
      size: Float64Array.from(order, (root) => roots.size[root]),
      name: order.map((root) => roots.name[root]),
    },
    rootEdges: {
      count: rootEdges.count,
      first,
      offset: Float64Array.from(edges, (e) => rootEdges.offset[e]),
      target: Uint32Array.from(edges, (e) => rootEdges.target[e]),
      targetOffset: Float64Array.from(edges, (e) => rootEdges.targetOffset[e]),
    },
  }
}

describe.each(['1.21.13', '1.26.8'] as const)('the types of a Go %s heap', (version) => {
  const missing = missingGo(version)

  test.skipIf(missing)(`do not depend on the order of the roots${because(missing)}`, async () => {
    const run = crashProgram(buildProgram('dumpself', version), 'dump', 'truth.json')
    const problems = new Problems()
    const core = openCore(run.core, run.binary, problems)
    const heap = await extract(core, problems, { threads: 1 })
    const before = describeTypes(heap)
    const typed = before.filter((text) => text !== '?').length
    expect(typed / before.length).toBeGreaterThan(0.9)

    const { spans, objects, graph } = heap
    objects.type.fill(NONE)
    objects.length.fill(0)
    objects.typeSource.fill(0)
    const process = openProcess(core, problems)
    const catalog = openTypeCatalog(process)
    const { memory, facts } = process
    const map = buildPageMap(spans)
    const tables = {
      spans,
      userArena: readSpans(process).userArena,
      slotObject: objects.slotObject,
      map,
      heapBits: planHeapBits(process, spans),
      wideOffsets: false,
      edgeCount: new Uint32Array(objects.count),
    }
    const masks = objectMasks(tables, objects, memory, new TypeMasks(memory, facts))
    const shuffled = shuffleRoots(heap, catalog)
    typeObjects(
      {
        process,
        catalog,
        spans,
        objects,
        edges: graph.edges,
        ...shuffled,
        finder: objectFinder(spans, objects, map),
        masks,
      },
      new Progress(),
    )
    const after = describeTypes({ ...heap, types: catalog.table })
    const different = after.flatMap((text, i) =>
      text === before[i] ? [] : [`${i}: ${before[i]}, then ${text}`],
    )
    core.close()
    expect(different.slice(0, 10), `seed ${SEED}`).toEqual([])
  })
})
