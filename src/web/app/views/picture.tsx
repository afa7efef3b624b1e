import { useAnswer } from '../ask.ts'
import { formatBytes } from '../format.ts'
import { adjust, goTo, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Icicle, type Slice, Treemap } from '../parts/pictures.tsx'

/** What a picture is of, by its name in the address. */
const KINDS: Record<string, { title: string; answer: string; isMerged?: boolean }> = {
  icicle: { title: 'icicle', answer: 'slices' },
  treemap: { title: 'treemap', answer: 'slices' },
  merged: { title: 'icicle, same types merged', answer: 'merged', isMerged: true },
  'merged-treemap': { title: 'treemap, same types merged', answer: 'merged', isMerged: true },
}

/** The dominator tree drawn: icicle or treemap, of its nodes or of types along the way. */
export function Picture({ place }: { place: Place }) {
  const id = Number(place.params.id ?? 0)
  const name = place.params.kind ?? 'icicle'
  const kind = KINDS[name] ?? KINDS.icicle
  const highlight = place.params.find ?? ''
  const asked = useAnswer<{ top: Slice; isFull: boolean }>(kind.answer, { id })
  const zoom = (slice: Slice) =>
    goTo('picture', { ...place.params, id: slice.id === id ? undefined : slice.id })
  const open = (slice: Slice) => {
    const node = slice.node ?? slice.id
    if (node !== 0) goTo('node', { id: node })
  }
  const Drawn = name.endsWith('treemap') ? Treemap : Icicle
  return (
    <>
      <h1>What keeps what alive</h1>
      <div class="controls">
        <fieldset>
          <legend class="hidden">Kind of picture</legend>
          {Object.entries(KINDS).map(([choice, { title, isMerged = false }]) => (
            <label key={choice}>
              <input
                type="radio"
                name="kind"
                checked={kind === KINDS[choice]}
                // Places of merged nodes have numbers of their own.
                onChange={() =>
                  adjust({
                    kind: choice,
                    id: isMerged === (kind.isMerged ?? false) ? id || undefined : undefined,
                  })
                }
              />
              {title}
            </label>
          ))}
        </fieldset>
        <input
          type="search"
          aria-label="Highlight names"
          placeholder="highlight"
          value={highlight}
          onInput={(event) => adjust({ find: event.currentTarget.value })}
        />
        {id !== 0 && (
          <>
            <a href={linkTo('picture', { ...place.params, id: undefined })}>whole heap</a>
            {kind.isMerged !== true && <a href={linkTo('node', { id })}>this node</a>}
          </>
        )}
      </div>
      <Await asked={asked}>
        {({ top, isFull }) => (
          <>
            <Drawn top={top} zoom={zoom} open={open} highlight={highlight} />
            <p class="quiet">
              {formatBytes(top.value)}. Click to zoom, shift-click to open. Colours are packages; roots are
              grey.
              {isFull ? ' The smallest nodes are left out: zoom in for them.' : ''}
            </p>
          </>
        )}
      </Await>
    </>
  )
}
