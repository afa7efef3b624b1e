import type { ComponentChildren } from 'preact'
import type { Asked } from '../ask.ts'

/** Shows an answer, or that it is on its way, or why there is none. */
export function Await<T>({
  asked,
  children,
}: {
  asked: Asked<T>
  children: (answer: T) => ComponentChildren
}) {
  if (asked.state === 'asking') {
    return (
      <p class="quiet waiting" role="status">
        Reading…
      </p>
    )
  }
  if (asked.state === 'failed') {
    return (
      <p class="failure" role="alert">
        {asked.reason}
      </p>
    )
  }
  return <>{children(asked.answer)}</>
}
