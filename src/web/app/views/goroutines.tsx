import { useState } from 'preact/hooks'
import { type Row, useAnswer } from '../ask.ts'
import { cutMiddle, formatBytes, formatCount } from '../format.ts'
import { adjust, linkTo, type Place } from '../location.ts'
import { Await } from '../parts/asked.tsx'
import { Bar } from '../parts/names.tsx'

const MOST_SHOWN = 300

/** Goroutines, those that stand at the same place in the same way together. */
export function Goroutines({ place }: { place: Place }) {
  const filter = place.params.filter ?? ''
  const asked = useAnswer<{ groups: Row[]; totals: Row }>('goroutines')
  return (
    <>
      <h1>Goroutines</h1>
      <div class="controls">
        <input
          type="search"
          aria-label="Filter functions and states"
          placeholder="filter functions and states"
          value={filter}
          onInput={(event) => adjust({ filter: event.currentTarget.value })}
        />
      </div>
      <Await asked={asked}>
        {({ groups, totals }) => (
          <>
            <p class="quiet">
              {formatCount(totals.goroutines)} goroutines in {formatCount(totals.groups)} groups of the same
              stack. Retained adds up what each goroutine alone keeps alive.
            </p>
            <Groups groups={groups} filter={filter.toLowerCase()} open={place.params.group} />
          </>
        )}
      </Await>
    </>
  )
}

const stateOf = ({ status, wait_reason }: Row) =>
  wait_reason === null ? String(status) : `${status}: ${wait_reason}`

function Groups({ groups, filter, open }: { groups: Row[]; filter: string; open: string | undefined }) {
  const shown = groups.filter((row) =>
    [row.frames, row.created_by, stateOf(row)].some((text) => text !== null && includes(text, filter)),
  )
  const most = Math.max(1, Number(groups[0]?.retained_size ?? 1))
  return (
    <>
      <ul class="groups">
        {shown.slice(0, MOST_SHOWN).map((row) => (
          <Group key={String(row.id)} row={row} most={most} isOpen={open === String(row.id)} />
        ))}
      </ul>
      {shown.length > MOST_SHOWN && <p class="quiet">The first {MOST_SHOWN} groups; filter for others.</p>}
    </>
  )
}

const includes = (text: unknown, part: string) => String(text).toLowerCase().includes(part)

function Group({ row, most, isOpen }: { row: Row; most: number; isOpen: boolean }) {
  const [isShown, setIsShown] = useState(isOpen)
  const frames = String(row.frames)
    .split('\n')
    .filter((line) => line !== '')
  return (
    <li>
      <details
        open={isOpen}
        onToggle={(event) => {
          setIsShown(event.currentTarget.open)
          // A link shows the group that was opened last.
          if (event.currentTarget.open) adjust({ group: Number(row.id) })
          else if (isOpen) adjust({ group: undefined })
        }}
      >
        <summary>
          <span class="count">{formatCount(row.goroutines)}×</span>
          <span class="mono">{cutMiddle(String(row.function ?? '(no stack)'), 80)}</span>
          <span class="quiet">{stateOf(row)}</span>
          <Bar bytes={Number(row.retained_size)} of={most} />
        </summary>
        <div class="columns">
          <ol class="stack mono">
            {frames.map((line, i) => (
              <li key={i}>{line}</li>
            ))}
            {row.created_by !== null && <li class="quiet">created by {row.created_by}</li>}
          </ol>
          {isShown && <Members id={Number(row.id)} count={Number(row.goroutines)} />}
        </div>
      </details>
    </li>
  )
}

function Members({ id, count }: { id: number; count: number }) {
  const asked = useAnswer<{ goroutines: Row[] }>('goroutine-group', { id })
  return (
    <Await asked={asked}>
      {({ goroutines }) => (
        <div>
          <table class="short">
            <thead>
              <tr>
                <th scope="col">goroutine</th>
                <th scope="col" class="number">
                  stack
                </th>
                <th scope="col" class="number">
                  retained
                </th>
              </tr>
            </thead>
            <tbody>
              {goroutines.map((row) => (
                <tr key={String(row.id)}>
                  <td>
                    <a href={linkTo('node', { id: Number(row.id) })}>{row.goid}</a>
                  </td>
                  <td class="number">{formatBytes(row.stack_size)}</td>
                  <td class="number">{formatBytes(row.retained_size)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {goroutines.length < count && <p class="quiet">The {goroutines.length} that retain most.</p>}
        </div>
      )}
    </Await>
  )
}
