const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** 1536 as `1.5 KiB`; `unknown` for null. */
export function formatBytes(bytes: unknown): string {
  if (bytes === null || bytes === undefined) return 'unknown'
  let value = Number(bytes)
  let unit = 0
  while (Math.abs(value) >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}

export function formatCount(count: unknown): string {
  if (count === null || count === undefined) return 'unknown'
  return Number(count).toLocaleString('en-US')
}

/** What an object or root retains; of an object that no root was found to reach, whether it is garbage or not known. */
export function retainedText({ reachable, retained_size }: { [column: string]: unknown }): string {
  if (reachable === null) return 'not known'
  return reachable ? formatBytes(retained_size) : 'garbage'
}

/** `+1.5 KiB`, `-3`, `0` */
export function formatDelta(value: number, format: (value: unknown) => string): string {
  return value > 0 ? `+${format(value)}` : format(value)
}

export function formatPercent(percent: number): string {
  if (percent > 99.9 && percent < 100) return '>99.9 %'
  if (percent > 0 && percent < 0.1) return '<0.1 %'
  return `${percent.toFixed(1)} %`
}

/** Both ends of a long name tell more than its beginning: `*example.com/…/cache.Entry[string]`. */
export function cutMiddle(text: string, most = 72): string {
  if (text.length <= most) return text
  const head = Math.floor((most - 1) * 0.4)
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`
}

/** Import path of the first named type in a type's name, '' for unnamed and built-in ones: what colours stand for. */
export function packageOf(label: string): string {
  const name = label.replace(/\bmap\.(group|bucket)\b/g, '')
  return /([\w~-]+(?:\.[\w~-]+)*(?:\/[\w.~-]+?)*)\.[\w(]/.exec(name)?.[1] ?? ''
}

/** Without the folders of import paths: `[…]http.entry[string,*http.routingNode]`. */
export const shortenPaths = (label: string) => label.replace(/(?:[\w.~-]+\/)+(?=[\w.~-]+\.)/g, '')

/** With it main, runtime, net/http, sync, time and fmt have hues 45 degrees apart, twenty common packages 6. */
const HUE_SEED = 55481

/** A hue for a name, always the same one. */
export function hueOf(name: string): number {
  let hash = HUE_SEED
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619)
  return (hash >>> 0) % 360
}

/** RFC 4180. A cell that a spreadsheet would run as a formula is kept text by a quote before it. */
export function toCsv(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const quote = (cell: unknown) => {
    const text = cell === null || cell === undefined ? '' : String(cell)
    const safe = typeof cell === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return [columns, ...rows].map((row) => `${row.map(quote).join(',')}\r\n`).join('')
}

/** Nanoseconds as `1.6 ms`, `3.2 s`, `5 min`, `2 h`. */
export function formatDuration(ns: number): string {
  const seconds = ns / 1e9
  if (seconds > 0 && seconds < 0.1) return `${(seconds * 1000).toFixed(1)} ms`
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
