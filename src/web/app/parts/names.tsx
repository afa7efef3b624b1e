import { cutMiddle, formatBytes } from '../format.ts'
import { linkTo } from '../location.ts'

/** A long name: cut in the middle, whole on hover, copied whole with a selection or the key c. */
export function Name({ text, most = 72 }: { text: string; most?: number }) {
  return (
    <span class="name" title={text} data-copy={text}>
      {cutMiddle(text, most)}
    </span>
  )
}

/** A link to the page of an object or root. */
export function NodeLink({
  id,
  label,
  kind,
  most,
}: {
  id: number
  label: string
  kind?: string
  most?: number
}) {
  const isRoot = kind !== undefined && kind !== 'object'
  return (
    <a class="node" href={linkTo('node', { id })}>
      {isRoot && <span class="tag">{kind}</span>}
      <Name text={isRoot ? withoutKind(label, kind) : label} {...(most === undefined ? {} : { most })} />
    </a>
  )
}

/** Labels of roots begin with their kind; the tag says it. */
const withoutKind = (label: string, kind: string) =>
  label.startsWith(`${kind} `) ? label.slice(kind.length + 1) : label

/** A share as a bar, behind the bytes that it stands for. */
export function Bar({ bytes, of, text }: { bytes: number; of: number; text?: string }) {
  const share = of > 0 ? Math.min(1, Math.max(0, bytes / of)) : 0
  return (
    <span class="bar">
      <span class="fill" style={{ width: `${share * 100}%` }} />
      <span class="figure">{text ?? formatBytes(bytes)}</span>
    </span>
  )
}
