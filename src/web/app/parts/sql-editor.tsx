import { autocompletion, closeBrackets, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { SQLite, sql } from '@codemirror/lang-sql'
import { bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { Annotation, EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { classHighlighter } from '@lezer/highlight'
import { useEffect, useRef } from 'preact/hooks'

interface SqlEditorProps {
  text: string
  /** Tables and views with their columns, for completion. */
  schema: Record<string, string[]>
  change: (text: string) => void
  /** Texts that were told by `change` and may still come back as `text`: typing is faster than the page is drawn. */
  typed: ReadonlySet<string>
  run: () => void
}

/** Of changes that were not typed: a query that is chosen, a step back. */
const FROM_OUTSIDE = Annotation.define<boolean>()

const NONCE = document.querySelector('meta[name=csp-nonce]')?.getAttribute('content') ?? ''

/** An SQL editor with completion of tables and columns; Ctrl-Enter runs. */
export function SqlEditor({ text, schema, change, typed, run }: SqlEditorProps) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const latest = useRef({ change, run })
  latest.current = { change, run }
  useEffect(() => {
    if (place.current === null) return
    const runCommand = () => {
      latest.current.run()
      return true
    }
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          EditorView.cspNonce.of(NONCE),
          EditorView.domEventHandlers({ beforeinput: replaceSelection }),
          EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
          lineNumbers(),
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          syntaxHighlighting(classHighlighter),
          sql({ dialect: SQLite, schema, upperCaseKeywords: true }),
          keymap.of([
            { key: 'Mod-Enter', run: runCommand },
            ...completionKeymap,
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged || update.transactions.some((each) => each.annotation(FROM_OUTSIDE)))
              return
            const now = update.state.doc.toString()
            latest.current.change(now)
          }),
        ],
      }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [schema])
  useEffect(() => {
    const editor = view.current
    if (editor === null) return
    const now = editor.state.doc.toString()
    if (now === text || typed.has(text)) return
    editor.dispatch({
      changes: { from: 0, to: now.length, insert: text },
      annotations: FROM_OUTSIDE.of(true),
    })
  }, [text])
  return <div class="editor" ref={place} />
}

/**
 * Types over a selection. Left to itself the browser keeps its look by a style attribute, which the page's policy refuses
 * with a message in the console.
 */
function replaceSelection(event: InputEvent, view: EditorView): boolean {
  const { data, inputType, isComposing } = event
  if (inputType !== 'insertText' || data === null || isComposing || view.state.selection.main.empty)
    return false
  event.preventDefault()
  view.dispatch({ ...view.state.replaceSelection(data), userEvent: 'input.type', scrollIntoView: true })
  return true
}
