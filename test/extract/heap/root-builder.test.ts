import { describe, expect, test } from 'vitest'
import { buildPageMap, objectFinder } from '../../../src/extract/heap/object-finder.ts'
import { RootBuilder } from '../../../src/extract/heap/root-builder.ts'
import { Problems } from '../../../src/model/problem.ts'
import { ROOT_KINDS, type RootKind } from '../../../src/model/tables.ts'
import { NONE } from '../../../src/model/types.ts'
import { fakeTables } from './fake-heap.ts'

const HEAP = 0xc000000000

function build(fill: (builder: RootBuilder) => void, unswept: number[] = []) {
  const { spans, objects } = fakeTables([
    { address: HEAP, pages: 1, slotSize: 64, slots: 128, allocated: [0, 1, 2] },
  ])
  for (const object of unswept) objects.unswept[object] = 1
  const builder = new RootBuilder()
  fill(builder)
  const problems = new Problems()
  const finder = objectFinder(spans, objects, buildPageMap(spans))
  return { ...builder.finish(spans, objects, finder, problems), problems }
}

const root = (kind: RootKind, name: string = kind, parent = NONE) => ({
  kind,
  parent,
  name,
  type: NONE,
  address: 0,
  size: 0,
})

describe('root builder', () => {
  test('pointers come out by root and offset, whatever order they were noted in', () => {
    const { roots, rootEdges } = build((builder) => {
      const first = builder.add(root('global', 'a'))
      const second = builder.add(root('global', 'b'))
      builder.point(second, 8, HEAP + 64)
      builder.point(first, 16, HEAP + 130)
      builder.point(first, 0, HEAP)
      builder.point(first, 24, 0)
    })
    expect(roots.name).toEqual(['a', 'b'])
    expect([...rootEdges.first]).toEqual([0, 2, 3])
    expect([...rootEdges.offset]).toEqual([0, 16, 8])
    expect([...rootEdges.target]).toEqual([0, 2, 1])
    expect([...rootEdges.targetOffset]).toEqual([0, 2, 0])
  })

  test('a precise root into a free slot is a problem, a conservative one is a word like any other', () => {
    const { rootEdges, problems } = build((builder) => {
      builder.point(builder.add(root('global', 'main.dangling')), 0, HEAP + 3 * 64)
      builder.point(builder.add(root('conservative')), 0, HEAP + 4 * 64)
      builder.point(builder.add(root('global', 'outside')), 0, 0x400000)
    })
    expect(rootEdges.count).toBe(0)
    expect(problems.rows).toHaveLength(1)
    expect(problems.rows[0]).toMatchObject({ code: 'root-into-free-slot', count: 1, address: HEAP + 3 * 64 })
    expect(problems.rows[0].message).toContain('main.dangling')
  })

  test('a conservative word does not revive an object that the collector found dead', () => {
    const { rootEdges } = build(
      (builder) => {
        builder.point(builder.add(root('register')), 0, HEAP + 64)
        builder.point(builder.add(root('global')), 0, HEAP + 64)
      },
      [1],
    )
    expect([...rootEdges.first]).toEqual([0, 0, 1])
  })

  test('kinds and parents are kept', () => {
    const { roots } = build((builder) => {
      const goroutine = builder.add(root('goroutine'))
      const frame = builder.add(root('frame', 'main.f', goroutine))
      builder.add(root('local', 'x', frame))
    })
    expect([...roots.parent]).toEqual([NONE, 0, 1])
    expect([...roots.kind].map((kind) => ROOT_KINDS[kind])).toEqual(['goroutine', 'frame', 'local'])
  })
})
