import { useEffect, useState } from 'preact/hooks'

/** What the page shows: all of it is in the address, behind the #, so that a link is the view. */
export interface Place {
  /** All of it, as in the address bar. */
  address: string
  view: string
  params: Record<string, string>
}

/** `#/histogram?by=package` */
function placeOf(hash: string): Place {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  return { address: hash, view: path || 'overview', params: Object.fromEntries(new URLSearchParams(query)) }
}

/** For href. Parameters that are empty are left out. */
export function linkTo(view: string, params: Record<string, string | number | undefined> = {}): string {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== '')
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return `#/${view}${query === '' ? '' : `?${query}`}`
}

export function goTo(view: string, params: Record<string, string | number | undefined> = {}): void {
  window.location.hash = linkTo(view, params)
}

/** Changes parameters of the view in place: no step for the back button, as for a filter being typed. */
export function adjust(params: Record<string, string | number | undefined>): void {
  const place = placeOf(window.location.hash)
  const address = linkTo(place.view, { ...place.params, ...params })
  window.history.replaceState(null, '', `${window.location.pathname}${window.location.search}${address}`)
  window.dispatchEvent(new HashChangeEvent('hashchange'))
}

/** Changes parameters of the view as a step that back undoes, as for a choice. */
export function change(params: Record<string, string | number | undefined>): void {
  const place = placeOf(window.location.hash)
  goTo(place.view, { ...place.params, ...params })
}

export function usePlace(): Place {
  const [hash, setHash] = useState(window.location.hash)
  useEffect(() => {
    const update = () => setHash(window.location.hash)
    window.addEventListener('hashchange', update)
    return () => window.removeEventListener('hashchange', update)
  }, [])
  return placeOf(hash)
}
