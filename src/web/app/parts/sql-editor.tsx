import { autocompletion, closeBrackets, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { SQLite, sql } from '@codemirror/lang-sql'
import { bracketMatching, defaultHighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'preact/hooks'

interface SqlEditorProps {
  text: string
  /** Tables and views with their columns, for completion. */
  schema: Record<string, string[]>
  change: (text: string) => void
  run: () => void
}

const NONCE = document.querySelector('meta[name=csp-nonce]')?.getAttribute('content') ?? ''

/** An SQL editor with completion of tables and columns; Ctrl-Enter runs. */
export function SqlEditor({ text, schema, change, run }: SqlEditorProps) {
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
          EditorView.contentAttributes.of({ 'aria-label': 'SQL' }),
          lineNumbers(),
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion(),
          syntaxHighlighting(defaultHighlightStyle),
          sql({ dialect: SQLite, schema, upperCaseKeywords: true }),
          keymap.of([
            { key: 'Mod-Enter', run: runCommand },
            ...completionKeymap,
            ...defaultKeymap,
            ...historyKeymap,
          ]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.change(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [schema])
  useEffect(() => {
    const editor = view.current
    if (editor === null || editor.state.doc.toString() === text) return
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } })
  }, [text])
  return <div class="editor" ref={place} />
}
