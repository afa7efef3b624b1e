import { useEffect, useRef } from 'preact/hooks'
import { CopyKey, isTyping } from './copy-key.tsx'
import { Keys } from './keys.tsx'
import { linkTo, type Place, usePlace } from './location.ts'
import { Search } from './parts/search.tsx'
import { Compare } from './views/compare.tsx'
import { Console } from './views/console.tsx'
import { Dominators } from './views/dominators.tsx'
import { Goroutines } from './views/goroutines.tsx'
import { Histogram } from './views/histogram.tsx'
import { Memory } from './views/memory.tsx'
import { NodePage } from './views/node.tsx'
import { Objects } from './views/objects.tsx'
import { Overview } from './views/overview.tsx'
import { Pictures } from './views/picture.tsx'
import { Waste } from './views/waste.tsx'

/** Views in the order of the menu; those without a title are reached from others. */
const VIEWS: Record<string, { title?: string; show: (props: { place: Place }) => preact.JSX.Element }> = {
  overview: { title: 'Overview', show: Overview },
  histogram: { title: 'Histogram', show: Histogram },
  dominators: { title: 'Dominators', show: Dominators },
  picture: { title: 'Flame graph', show: Pictures },
  goroutines: { title: 'Goroutines', show: Goroutines },
  memory: { title: 'Memory & GC', show: Memory },
  waste: { title: 'Strings & waste', show: Waste },
  compare: { title: 'Compare', show: Compare },
  sql: { title: 'SQL', show: Console },
  node: { show: NodePage },
  objects: { show: Objects },
}

export function App() {
  const place = usePlace()
  const content = useRef<HTMLElement>(null)
  const view = VIEWS[place.view]
  const title = view?.title ?? (place.view === 'node' ? 'Node' : 'Objects')
  useEffect(() => {
    document.title = `${title} · goheap`
    window.scrollTo(0, 0)
  }, [place.view, place.params.id])
  useEffect(() => {
    // Digits choose views, as in the menu; / searches.
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
      const chosen = Object.keys(VIEWS)[Number(event.key) - 1]
      if (chosen !== undefined && VIEWS[chosen].title !== undefined) window.location.hash = linkTo(chosen)
      if (event.key === '/') {
        document.querySelector<HTMLInputElement>('#search')?.focus()
        event.preventDefault()
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault()
          content.current?.focus()
        }}
      >
        Skip to content
      </a>
      <header>
        <a class="brand" href={linkTo('overview')}>
          goheap
        </a>
        <nav aria-label="Views">
          {Object.entries(VIEWS).map(
            ([name, { title }], i) =>
              title !== undefined && (
                <a
                  key={name}
                  href={linkTo(name)}
                  aria-current={name === place.view ? 'page' : undefined}
                  title={`key ${i + 1}`}
                >
                  {title}
                </a>
              ),
          )}
        </nav>
        <Search />
        <Keys views={Object.values(VIEWS).flatMap(({ title = [] }) => title)} />
      </header>
      <main id="content" ref={content} tabIndex={-1} data-address={place.address}>
        {view === undefined ? (
          <>
            <h1>Not found</h1>
            <p class="failure" role="alert">
              There is no view “{place.view}”.
            </p>
            <p>
              <a href={linkTo('overview')}>To the overview</a>
            </p>
          </>
        ) : (
          <view.show place={place} key={place.view} />
        )}
      </main>
      <CopyKey />
    </>
  )
}
