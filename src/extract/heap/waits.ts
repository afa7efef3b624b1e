import { NONE, type TypeIndex } from '../../model/types.ts'
import { readable } from '../file/readable.ts'
import type { StructLayout } from '../go/layouts.ts'
import type { GoProcess } from '../go/process.ts'
import type { TypeCatalog } from '../go/type-catalog.ts'

/** A channel that a goroutine is blocked on: one, or several in a select. */
export interface ChannelWait {
  /** Address of the hchan. */
  channel: number
  /** undefined: in a select whose goroutine is about to go on, so that it is no longer in a queue. */
  direction: 'send' | 'receive' | undefined
  /** Where the value lies, on the goroutine's stack or elsewhere: [element, element + size). 0: the value is not used. */
  element: number
  size: number
  /** The channel's element type; NONE when its descriptor cannot be read. */
  type: TypeIndex
}

/** A select has at most this many cases. runtime/select.go, selectgo. */
const MAX_CASES = 65_536
/** More goroutines than wait in any queue; ends one that runs in circles. */
const MAX_QUEUE = 2 ** 26

/**
 * Gives what a goroutine's `waiting` list tells: sudogs linked by waitlink. runtime/runtime2.go, sudog; chan.go, chansend
 * and chanrecv; select.go, selectgo. Since Go 1.26 semaphores and conditions use the list too, without a channel
 * (sema.go): these are left out. A list that cannot be read is empty.
 */
export function channelWaitReader(
  process: GoProcess,
  types: TypeCatalog,
): (waiting: number) => readonly ChannelWait[] {
  const { layouts, memory } = process
  const sudog = layouts.struct('runtime.sudog')
  const hchan = layouts.struct('runtime.hchan')
  const at = {
    element: sudogPointer(sudog, 'elem'),
    channel: sudogPointer(sudog, 'c'),
    next: sudog.offset('next'),
    waitLink: sudog.offset('waitlink'),
    isSelect: sudog.offset('isSelect'),
    senders: hchan.offset('sendq.first'),
    receivers: hchan.offset('recvq.first'),
    elementSize: hchan.offset('elemsize'),
    elementType: hchan.offset('elemtype'),
  }
  const senders = new Map<number, ReadonlySet<number>>()
  const receivers = new Map<number, ReadonlySet<number>>()

  return (waiting) => {
    const waits: ChannelWait[] = []
    let next = waiting
    readable(() => {
      for (let n = 0; next !== 0 && n < MAX_CASES; n++) {
        const channel = memory.readWord(next + at.channel)
        // A semaphore's own list goes on to other goroutines.
        if (channel === 0) return
        waits.push({
          channel,
          direction: directionOf(next, channel),
          element: memory.readWord(next + at.element),
          size: memory.readU16(channel + at.elementSize),
          type: typeOf(memory.readWord(channel + at.elementType)),
        })
        next = memory.readWord(next + at.waitLink)
      }
    })
    return waits
  }

  function typeOf(descriptor: number): TypeIndex {
    return descriptor === 0 ? NONE : types.fromRuntime(descriptor)
  }

  function directionOf(sudogAddress: number, channel: number): ChannelWait['direction'] {
    if (queueOf(senders, channel, at.senders).has(sudogAddress)) return 'send'
    return queueOf(receivers, channel, at.receivers).has(sudogAddress) ? 'receive' : undefined
  }

  /** Addresses of the sudogs in a channel's queue; kept by channel, as thousands can wait in one. */
  function queueOf(known: Map<number, ReadonlySet<number>>, channel: number, first: number) {
    let queue = known.get(channel)
    if (queue === undefined) {
      const members = new Set<number>()
      readable(() => {
        let member = memory.readWord(channel + first)
        while (member !== 0 && !members.has(member) && members.size < MAX_QUEUE) {
          members.add(member)
          member = memory.readWord(member + at.next)
        }
      })
      queue = members
      known.set(channel, queue)
    }
    return queue
  }
}

/** Offset of a pointer of a sudog. Since Go 1.26 it is held twice, as `vu` whether the collector may see it or not. */
export function sudogPointer(sudog: StructLayout, field: 'elem' | 'c'): number {
  return sudog.has(`${field}.vu`) ? sudog.offset(`${field}.vu`) : sudog.offset(field)
}
