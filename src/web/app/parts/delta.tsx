import type { Cell } from '../ask.ts'
import { formatDelta } from '../format.ts'

/** A change: growth stands out, and what is the same hardly shows. */
export function Delta({ value, format }: { value: Cell | undefined; format: (value: unknown) => string }) {
  if (value === null || value === undefined) return <span class="quiet">–</span>
  const number = Number(value)
  return (
    <span class={number > 0 ? 'grown' : number < 0 ? 'shrunk' : 'quiet'}>
      {number === 0 ? '0' : formatDelta(number, format)}
    </span>
  )
}
