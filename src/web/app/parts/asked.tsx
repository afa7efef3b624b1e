import type { ComponentChildren } from 'preact'
import type { Asked } from '../ask.ts'

/** Shows an answer, or that it is on its way, or why there is none. */
export function Await<T>({
  asked,
  title,
  children,
}: {
  asked: Asked<T>
  /** Of a view whose heading is in the answer: what stands there when there is none. */
  title?: string
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
      <>
        {title !== undefined && <h1>{title}</h1>}
        <p class="failure" role="alert">
          {asked.reason}
        </p>
      </>
    )
  }
  return <>{children(asked.answer)}</>
}
