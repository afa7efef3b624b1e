import { useEffect, useState } from 'preact/hooks'
import { ask, type Row } from '../ask.ts'
import { formatBytes } from '../format.ts'
import { linkTo } from '../location.ts'
import { Name, NodeLink } from './names.tsx'

interface Found {
  nodes: Row[]
  types: Row[]
}

const PAUSE_MS = 150

/** Finds addresses, nodes by number, types and variables by part of their name. */
export function Search() {
  const [text, setText] = useState('')
  const [found, setFound] = useState<Found>()
  useEffect(() => {
    setFound(undefined)
    if (text.trim() === '') return
    const timer = setTimeout(() => ask<Found>('search', { q: text }).then(setFound, () => {}), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])
  useEffect(() => {
    const close = () => setText('')
    window.addEventListener('hashchange', close)
    return () => window.removeEventListener('hashchange', close)
  }, [])
  const openFirst = () => {
    document.querySelector<HTMLAnchorElement>('.found a')?.click()
  }
  return (
    <search class="search">
      <input
        id="search"
        type="search"
        placeholder="0x…, type, variable ( / )"
        aria-label="Find an address, a type or a variable"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') openFirst()
          if (event.key === 'Escape') setText('')
          // Keys choose views again.
          if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      {found !== undefined && (
        <ul class="found" aria-label="Found">
          {found.nodes.map((row) => (
            <li key={`n${row.id}`}>
              <NodeLink id={Number(row.id)} kind={String(row.kind)} label={String(row.label)} most={60} />
              <span class="quiet">{formatBytes(row.retained_size)}</span>
            </li>
          ))}
          {found.types.map((row) => (
            <li key={`t${row.type_id}`}>
              <a href={linkTo('objects', { type: Number(row.type_id) })}>
                <span class="tag">type</span>
                <Name text={String(row.type)} most={60} />
              </a>
              <span class="quiet">{formatBytes(row.reachable_bytes)}</span>
            </li>
          ))}
          {found.nodes.length + found.types.length === 0 && <li class="quiet">nothing found</li>}
        </ul>
      )}
    </search>
  )
}
