import type { AddressRange } from '../file/extents.ts'
import type { Memory } from '../file/memory.ts'
import { readable } from '../file/readable.ts'
import { readableParts } from './find-modules.ts'
import { canBe, machinesFrom, type VariableContext } from './known-variables.ts'

/**
 * Where a variable is by its contents alone, for code that is not what the tables know (`-gcflags=all=-N`, profile-guided
 * builds). undefined unless exactly one place will do, or for another variable than the four that can be told so.
 */
export function searchVariable(
  name: string,
  context: VariableContext,
  data: readonly AddressRange[],
): number | undefined {
  switch (name) {
    case 'runtime.mheap_': {
      const allspans = context.layouts.struct('runtime.mheap').offset('allspans')
      return only(slicesIn(context.memory, data), (address) => address - allspans, name, context)
    }
    case 'runtime.allgs':
    case 'runtime.allp':
      return only(slicesIn(context.memory, data), (address) => address, name, context)
    case 'runtime.allm':
      return longestList(context, data)
    default:
      return undefined
  }
}

function only(
  slices: Iterable<number>,
  variableOf: (slice: number) => number,
  name: string,
  context: VariableContext,
): number | undefined {
  const found = new Set<number>()
  for (const slice of slices) {
    const address = variableOf(slice)
    if (canBe(name, context, address)) found.add(address)
  }
  const [address] = found
  return found.size === 1 ? address : undefined
}

/** Every m links to the one made before it, so that the longest of the lists in the data has them all. */
function longestList(context: VariableContext, data: readonly AddressRange[]): number | undefined {
  let best = { address: 0, length: 0, count: 0 }
  for (const { address, words } of wordsIn(context.memory, data)) {
    for (let i = 0; i < words.length; i++) {
      const length = isCandidate(words[i]) ? (readable(() => machinesFrom(context, words[i])) ?? 0) : 0
      if (length > best.length) best = { address: address + i * 8, length, count: 1 }
      else if (length > 0 && length === best.length) best.count++
    }
  }
  return best.count === 1 ? best.address : undefined
}

/** Addresses of three words that can be a slice. */
function* slicesIn(memory: Memory, data: readonly AddressRange[]): Iterable<number> {
  for (const { address, words } of wordsIn(memory, data)) {
    for (let i = 0; i + 2 < words.length; i++) {
      const [first, count, capacity] = [words[i], words[i + 1], words[i + 2]]
      if (isCandidate(first) && count > 0 && count <= capacity && capacity < 2 ** 31) yield address + i * 8
    }
  }
}

const isCandidate = (word: number) => word >= 4096 && word < 2 ** 48 && word % 8 === 0

function* wordsIn(
  memory: Memory,
  data: readonly AddressRange[],
): Iterable<{ address: number; words: Float64Array }> {
  for (const range of data) {
    for (const { address: start, size } of readableParts(memory, range)) {
      const address = Math.ceil(start / 8) * 8
      const bytes = memory.readBytes(address, Math.max(0, Math.floor((start + size - address) / 8)) * 8)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const words = new Float64Array(bytes.length / 8)
      for (let i = 0; i < words.length; i++) {
        words[i] = view.getUint32(i * 8, true) + view.getUint32(i * 8 + 4, true) * 2 ** 32
      }
      yield { address, words }
    }
  }
}
