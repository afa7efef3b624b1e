import { useAnswer } from '../ask.ts'
import { shortenPaths } from '../format.ts'
import { adjust, change, goTo, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Choice, Filter } from '../parts/choice.tsx'
import { Picture, type Slice } from '../parts/picture.tsx'
import { layIcicle, layTreemap } from '../parts/picture-layout.ts'

interface SlicesAnswer {
  top: Slice
  /** The way from the whole heap to `top`. */
  above: { id: number; label: string }[]
  isFull: boolean
}

/** What a picture is of, by its name in the address. */
const KINDS: Record<string, { title: string; answer: string; isMerged: boolean; isTreemap: boolean }> = {
  merged: { title: 'flame graph by type', answer: 'merged', isMerged: true, isTreemap: false },
  icicle: { title: 'flame graph of objects', answer: 'slices', isMerged: false, isTreemap: false },
  'merged-treemap': { title: 'treemap by type', answer: 'merged', isMerged: true, isTreemap: true },
  treemap: { title: 'treemap of objects', answer: 'slices', isMerged: false, isTreemap: true },
}

/** The dominator tree drawn: flame graph (icicle) or treemap, of types along the way or of single nodes. */
export function Pictures({ place }: { place: Place }) {
  const id = Number(place.params.id ?? 0)
  const name = Object.hasOwn(KINDS, place.params.kind ?? '') ? (place.params.kind ?? '') : 'merged'
  const { answer, isMerged, isTreemap } = KINDS[name]
  const asked = useAnswer<SlicesAnswer>(answer, { id })
  const linkOf = (id: number | undefined) => linkTo('picture', { ...place.params, id: id || undefined })
  return (
    <>
      <h1>What keeps what alive</h1>
      <div class="controls">
        <Choice
          legend="Kind of picture"
          options={Object.entries(KINDS).map(([kind, { title }]) => [kind, title] as const)}
          chosen={name}
          // Places of merged nodes have numbers of their own.
          choose={(kind) =>
            change({ kind, id: KINDS[kind].isMerged === isMerged ? id || undefined : undefined })
          }
        />
        <Filter
          label="Highlight names"
          text={place.params.find ?? ''}
          type={(text) => adjust({ find: text })}
        />
      </div>
      <Await asked={asked}>
        {({ top, above, isFull }) => {
          const outer = above.at(-1)?.id
          return (
            <>
              <Way above={above} top={top} linkOf={linkOf} isMerged={isMerged} />
              <Picture
                key={`${name} ${id}`}
                name={isTreemap ? 'Treemap of the dominator tree' : 'Flame graph of the dominator tree'}
                top={top}
                lay={isTreemap ? layTreemap : layIcicle}
                highlight={place.params.find ?? ''}
                choosePackage={(find) => adjust({ find })}
                zoom={(slice) => {
                  if (slice.id !== id) goTo('picture', { ...place.params, id: slice.id || undefined })
                }}
                zoomOut={() => {
                  if (id !== 0) goTo('picture', { ...place.params, id: outer })
                }}
                open={(slice) => {
                  const node = slice.node ?? slice.id
                  if (node !== 0) goTo('node', { id: node })
                }}
              />
              <p class="quiet">
                Width and area are bytes that would become garbage with what is drawn. Click to zoom in,
                shift-click to open the object.
                {isMerged ? ' Objects of one type below the same ones are drawn as one.' : ''}
                {isFull ? ' The smallest are left out: zoom in for them.' : ''}
              </p>
            </>
          )
        }}
      </Await>
    </>
  )
}

/** The way back to the whole heap. */
function Way({
  above,
  top,
  linkOf,
  isMerged,
}: Pick<SlicesAnswer, 'above' | 'top'> & { linkOf: (id: number | undefined) => string; isMerged: boolean }) {
  if (top.id === 0) return null
  return (
    <nav class="way" aria-label="Zoomed in from">
      <a href={linkOf(undefined)}>whole heap</a>
      {above.map(({ id, label }) => (
        <a key={id} href={linkOf(id)} title={label}>
          {shortenPaths(label)}
        </a>
      ))}
      <span aria-current="location" title={top.label}>
        {shortenPaths(top.label)}
      </span>
      <a class="open" href={linkTo('node', { id: isMerged ? (top.node ?? 0) : top.id })}>
        {isMerged && (top.nodes ?? 1) > 1 ? 'open the largest' : 'open'}
      </a>
    </nav>
  )
}
