import type { EdgeTable, ObjectTable, RootEdgeTable, RootTable, SpanTable } from '../../../model/tables.ts'
import { NONE, type TypeIndex } from '../../../model/types.ts'
import type { Progress } from '../../../progress.ts'
import { MALLOC_HEADER_BYTES } from '../../go/facts.ts'
import type { GoProcess } from '../../go/process.ts'
import { TINY_BYTES } from '../../go/size-classes.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'
import { TypeContainers } from '../../go/type-containers.ts'
import { groupCount } from '../map-slots.ts'
import type { ObjectFinder, ObjectMasks } from '../object-finder.ts'
import { Candidates } from './candidates.ts'
import { Closures } from './closures.ts'
import { Follower } from './follow.ts'
import { HeapParts } from './heap-parts.ts'
import { MaskCheck } from './mask-check.ts'
import { slotFit } from './slot-fit.ts'
import { SlotPrograms } from './slot-program.ts'
import { TinyClaims } from './tiny-claims.ts'
import { TypeState } from './type-state.ts'

export interface TypingInput {
  process: GoProcess
  catalog: TypeCatalog
  spans: SpanTable
  objects: ObjectTable
  edges: EdgeTable
  roots: RootTable
  rootEdges: RootEdgeTable
  finder: ObjectFinder
  masks: ObjectMasks
}

/**
 * Fills objects.type, length and typeSource: which object is what, garbage included.
 *
 * Types spread along pointers from what is known for itself: malloc headers, large objects' types, variables with a type.
 * It goes in rounds. Each follows the pointers of the objects that the round before has named or renamed, and an object
 * takes the best of all candidates (see TypeState) once the round is over; an object never gets a worse one than it has.
 * So the result is the same whatever the order of roots or objects within a round.
 *
 * Gives the programs of types: those know of the parts of maps and channels that this has met.
 */
export function typeObjects(input: TypingInput, progress: Progress): SlotPrograms {
  const { process, catalog, spans, objects, roots, rootEdges, edges, masks } = input
  const { rows } = catalog.table
  const heapParts = new HeapParts(process, catalog)
  const closures = new Closures(process, catalog)
  const programs = new SlotPrograms(catalog, heapParts)
  const fit = slotFit(spans, process.facts)
  const hasHeaders = process.layouts.struct('runtime.mspan').has('largeType')
  const check = new MaskCheck(spans, objects, masks, fit, { hasHeaders })
  const state = new TypeState(rows, objects)
  const tinyBlock = tinyBlockOf(catalog)
  const tinyClaims = new TinyClaims(rows)
  const candidates = new Candidates({
    rows,
    spans,
    objects,
    containers: new TypeContainers(process, catalog),
    fit,
    programs,
    check,
    state,
    tinyClaims,
    tinyBlock,
  })
  const { memory } = process
  const follower = new Follower({
    memory,
    catalog,
    heapParts,
    closures,
    programs,
    objects,
    edges,
    candidates,
  })

  progress.update('typing', 0, objects.count)
  offerHeaders(input, candidates)
  const headed = state.commit()
  for (let root = 0; root < roots.count; root++) follower.followRoot(roots, rootEdges, root)

  let typed = 0
  let changed = headed
  do {
    for (let i = 0; i < changed.length; i++) {
      if ((i & 0xffff) === 0xffff)
        progress.update('typing', Math.min(typed + i, objects.count), objects.count)
      follower.followObject(changed[i])
    }
    typed += changed.length
    // The first time with what the roots lead to.
    changed = state.commit()
  } while (changed.length > 0)
  tinyClaims.withdrawContradicted(state)
  state.refineLengths()
  countGroups(input)
  progress.update('typing', objects.count, objects.count)
  return programs
}

function offerHeaders({ process, catalog, spans, objects }: TypingInput, candidates: Candidates): void {
  const { memory } = process
  const known = new Map<number, TypeIndex>()
  const typeAt = (address: number): TypeIndex => {
    let type = known.get(address)
    if (type === undefined) {
      // Nil: an allocation under way, or a chunk of a user arena.
      type = address === 0 ? NONE : catalog.fromRuntime(address)
      known.set(address, type)
    }
    return type
  }
  const header = new Uint8Array(MALLOC_HEADER_BYTES)
  const word = new DataView(header.buffer)
  for (let s = 0; s < spans.count; s++) {
    if (spans.headerSize[s] === 0 && spans.largeType[s] === 0) continue
    for (let object = spans.firstObject[s]; object < spans.firstObject[s + 1]; object++) {
      let address = spans.largeType[s]
      if (spans.headerSize[s] > 0) {
        const at = objects.address[object] - MALLOC_HEADER_BYTES
        if (memory.readInto(at, header) < MALLOC_HEADER_BYTES) continue
        address = word.getUint32(4, true) * 2 ** 32 + word.getUint32(0, true)
      }
      const type = typeAt(address)
      if (type !== NONE) candidates.offerHeader(object, type)
    }
  }
}

/** What only a header tells of is said to have as many groups as there is room for: see groupCount. */
function countGroups({ catalog, objects }: TypingInput): void {
  const { rows } = catalog.table
  for (let object = 0; object < objects.count; object++) {
    const type = objects.type[object]
    if (type === NONE || rows[type].kind !== 'map group' || objects.length[object] <= 1) continue
    objects.length[object] = groupCount(rows[type], objects.length[object])
  }
}

/** Row of the 16-byte slots in which the allocator puts several values without pointers: which, it does not note. */
function tinyBlockOf(catalog: TypeCatalog): TypeIndex {
  return catalog.named('tiny block', () => ({
    package: undefined,
    kind: 'backing',
    size: TINY_BYTES,
    pointerBytes: 0,
    element: NONE,
    key: NONE,
    length: undefined,
    runtimeAddress: undefined,
    fields: [],
  }))
}
