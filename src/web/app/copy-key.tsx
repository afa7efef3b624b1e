import { useEffect, useState } from 'preact/hooks'

const SHOWN_MS = 1800

/** The key c copies the whole name that is chosen by keyboard or, without one, that the mouse points at; says so for a moment. */
export function CopyKey() {
  const [copied, setCopied] = useState('')
  useEffect(() => {
    let timer: number | undefined
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'c' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
      const name = findName()
      if (name === undefined) return
      void copyText(name).then((isDone) => {
        setCopied(isDone ? `Copied ${name}` : 'The browser does not let this page copy')
        window.clearTimeout(timer)
        timer = window.setTimeout(() => setCopied(''), SHOWN_MS)
      })
    }
    window.addEventListener('keydown', onKey)
    return () => {
      window.clearTimeout(timer)
      window.removeEventListener('keydown', onKey)
    }
  }, [])
  return (
    <p class={`toast${copied === '' ? '' : ' shown'}`} role="status">
      {copied}
    </p>
  )
}

/** Letters are text there, not commands. */
export const isTyping = (event: KeyboardEvent) =>
  event.target instanceof HTMLElement &&
  event.target.closest('input:not([type=radio]), select, textarea, .cm-editor, dialog') !== null

function findName(): string | undefined {
  const focused = document.activeElement
  const chosen =
    focused === null || focused === document.body || focused.matches('main')
      ? null
      : (focused.closest('[data-copy]') ??
        focused.querySelector('[aria-selected=true] [data-copy], :scope:not([role=grid]) [data-copy]'))
  const name = chosen ?? document.querySelector('[data-copy]:hover')
  return name?.getAttribute('data-copy') ?? undefined
}

/** False when the browser does not let the page. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
