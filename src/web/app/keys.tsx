import { useEffect, useRef } from 'preact/hooks'
import { isTyping } from './copy-key.tsx'

/** What keys do, for the help; views by digits come from the menu. */
const KEYS: readonly (readonly [keys: string, effect: string])[] = [
  ['/', 'search addresses, types and variables'],
  ['c', 'copy the whole of a name that is chosen or pointed at'],
  ['↑ ↓ Home End', 'move in tables, trees and pictures'],
  ['→ ←', 'open and close a branch, go in and out in a picture'],
  ['Enter', 'open what is chosen; in a picture zoom in'],
  ['Shift Enter', 'in a picture, open the object'],
  ['Backspace', 'in a picture, zoom out'],
  ['Ctrl Enter', 'run the SQL'],
  ['?', 'this help'],
]

/** Help on the keyboard, behind the key ? and a button of its own. */
export function Keys({ views }: { views: readonly string[] }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === '?' && !isTyping(event)) dialog.current?.showModal()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  return (
    <>
      <button
        type="button"
        class="help"
        aria-label="Keys"
        title="keys ( ? )"
        onClick={() => dialog.current?.showModal()}
      >
        ?
      </button>
      <dialog
        ref={dialog}
        aria-labelledby="keys"
        onClick={(event) => event.target === dialog.current && dialog.current?.close()}
      >
        <h2 id="keys">Keys</h2>
        <dl class="keys">
          {[...views.map((view, i) => [String(i + 1), view] as const), ...KEYS].map(([keys, effect]) => (
            <div key={keys}>
              <dt>
                {keys.split(' ').map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{effect}</dd>
            </div>
          ))}
        </dl>
        <button type="button" class="primary" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </dialog>
    </>
  )
}
