import { createContext, Fragment } from 'preact'
import { useContext } from 'preact/hooks'
import { cutMiddle, formatBytes } from '../format.ts'
import { linkTo } from '../location.ts'

/** Letters of a name that there is room for, where the table knows it. */
export const Room = createContext<number | undefined>(undefined)

/** Pixels that one letter of a name takes in the widest of common monospaced fonts. */
export const LETTER_WIDTH = 7.8

/** Letters that a tag takes the room of. */
const tagLetters = (kind: string) => Math.ceil((kind.length * 6.4 + 24) / LETTER_WIDTH)

/** A long name: cut in the middle to what there is room for, whole on hover, copied whole with the key c. */
export function Name({ text, most = 96, taken = 0 }: { text: string; most?: number; taken?: number }) {
  const room = useContext(Room)
  return (
    <span class="name" title={text} data-copy={text}>
      {room === undefined ? (
        <Breakable text={cutMiddle(text, Math.max(8, most - taken))} />
      ) : (
        cutMiddle(text, Math.max(8, room - taken))
      )}
    </span>
  )
}

/** Text that goes on in the next line at a mark, and within a word only when there is no other way. */
export function Breakable({ text }: { text: string }) {
  return (
    <>
      {text.split(/(?<=[/,…])(?=\w)|(?=\.\w)/).map((part, i) => (
        <Fragment key={i}>
          {i > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </>
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
      <Name
        text={isRoot ? withoutKind(label, kind) : label}
        taken={isRoot ? tagLetters(kind) : 0}
        {...(most === undefined ? {} : { most })}
      />
    </a>
  )
}

/** Labels of roots begin with their kind; the tag says it. */
export const withoutKind = (label: string, kind: string) =>
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
