import type { KnownSource } from './known-values.ts'
import type { TypeRow } from './type-rows.ts'

export interface ChannelContents {
  /** In words: how many elements are queued, who waits, whether it is closed. */
  text: string
  /** Type of the elements; undefined when it is not known. */
  element: TypeRow | undefined
  /** Addresses of the elements in the queue, the next to be received first. */
  queued: number[]
}

type ChannelSource = Pick<KnownSource, 'memory' | 'types'>

/** A list of waiting goroutines that runs in a circle is not one. */
const MAX_WAITING = 1 << 20

export function isChannel({ name }: TypeRow): boolean {
  return name.startsWith('hchan<') || name === 'runtime.hchan'
}

/**
 * What a channel holds, by the row of its runtime.hchan; undefined when that is laid out in another way. Faults as
 * Memory does. runtime/chan.go, hchan
 */
export function readChannel(
  { memory, types }: ChannelSource,
  type: TypeRow,
  address: number,
  most: number,
): ChannelContents | undefined {
  const place = (name: string) => {
    const field = type.fields.find((one) => one.name === name)
    return field === undefined ? undefined : address + field.offset
  }
  const word = (name: string) => {
    const at = place(name)
    return at === undefined ? undefined : memory.readWord(at)
  }
  const [count, room, buffer, next] = ['qcount', 'dataqsiz', 'buf', 'recvx'].map(word)
  const closed = place('closed')
  if (count === undefined || room === undefined || buffer === undefined || next === undefined)
    return undefined
  if (closed === undefined || count > room) return undefined
  const element = types.at(word('elemtype') ?? 0)
  const words = [room === 0 ? 'unbuffered' : `${count} of ${room}`]
  for (const [queue, who] of [
    ['sendq', 'to send'],
    ['recvq', 'to receive'],
  ]) {
    const waiting = countWaiting({ memory, types }, type, address, queue)
    if (waiting > 0) words.push(`${waiting} waiting ${who}`)
  }
  if (memory.readU32(closed) !== 0) words.push('closed')
  const size = element?.size ?? 0
  const queued = Array.from({ length: Math.min(count, most) }, (_, i) => buffer + ((next + i) % room) * size)
  return { text: words.join(', '), element, queued }
}

/** Length of a list of sudogs. runtime/chan.go, waitq; runtime/runtime2.go, sudog */
function countWaiting(
  { memory, types }: ChannelSource,
  type: TypeRow,
  address: number,
  queue: string,
): number {
  const field = type.fields.find(({ name }) => name === queue)
  const first = types.get(field?.type)?.fields.find(({ name }) => name === 'first')
  const sudog = types.get(types.get(first?.type)?.element)
  const next = sudog?.fields.find(({ name }) => name === 'next')
  if (field === undefined || first === undefined || next === undefined) return 0
  let count = 0
  let at = memory.readWord(address + field.offset + first.offset)
  while (at !== 0 && count < MAX_WAITING) {
    count++
    at = memory.readWord(at + next.offset)
  }
  return count
}
