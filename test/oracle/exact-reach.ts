import { ROOT_KINDS } from '../../src/model/tables.ts'
import type { Extracted } from './extracted.ts'

/** Objects that roots lead to which are no guesses: a word that merely looks like a pointer may point at what is dead. */
export function reachExactly({ heap: { objects, roots, graph } }: Extracted): Uint8Array {
  const reached = new Uint8Array(objects.count)
  const waiting: number[] = []
  const visit = (object: number) => {
    if (reached[object] === 1) return
    reached[object] = 1
    waiting.push(object)
  }
  for (let root = 0; root < roots.count; root++) {
    if (['conservative', 'register'].includes(ROOT_KINDS[roots.kind[root]])) continue
    const { first, target } = graph.rootEdges
    for (let edge = first[root]; edge < first[root + 1]; edge++) visit(target[edge])
  }
  for (let object = waiting.pop(); object !== undefined; object = waiting.pop()) {
    for (let edge = graph.edges.first[object]; edge < graph.edges.first[object + 1]; edge++)
      visit(graph.edges.target[edge])
  }
  return reached
}
