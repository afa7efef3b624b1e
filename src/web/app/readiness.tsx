import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { askReadiness, type Readiness } from './ask.ts'
import { formatPercent } from './format.ts'

const READINESS_INTERVAL_MS = 400

/** Shows how far the index run is until there is a database, then the views of it. */
export function WhenReady({ children }: { children: ComponentChildren }) {
  const [readiness, setReadiness] = useState<Readiness>()
  useEffect(() => {
    let timer: number | undefined
    const look = () =>
      askReadiness().then(
        (now) => {
          setReadiness(now)
          if (now.state === 'indexing') timer = window.setTimeout(look, READINESS_INTERVAL_MS)
        },
        (error: Error) => setReadiness({ state: 'failed', reason: error.message }),
      )
    look()
    return () => window.clearTimeout(timer)
  }, [])
  if (readiness === undefined) return null
  if (readiness.state === 'ready') return <>{children}</>
  return (
    <main class="readiness">
      <h1>goheap</h1>
      {readiness.state === 'failed' ? (
        <p class="failure" role="alert">
          {readiness.reason}
        </p>
      ) : (
        <Stages {...readiness} />
      )}
    </main>
  )
}

function Stages({ stage, stages, done, total }: Extract<Readiness, { state: 'indexing' }>) {
  const at = stages.indexOf(stage)
  const share = total > 0 ? done / total : undefined
  return (
    <>
      <p role="status">Indexing the core: {stage}</p>
      <progress
        aria-label="Stages of the index run"
        max={stages.length}
        value={at + Math.min(1, share ?? 0)}
      />
      <ol class="stages">
        {stages.map((name, i) => (
          <li key={name} class={i < at ? 'quiet' : i === at ? 'now' : 'later'}>
            {name}
            {i === at && share !== undefined ? ` ${formatPercent(100 * Math.min(1, share))}` : ''}
          </li>
        ))}
      </ol>
    </>
  )
}
