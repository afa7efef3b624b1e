import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HeapDb } from '../../src/schema/heap-db.ts'
import type { Shell } from './shell.ts'

/**
 * A page with its console blocks run again: below each line `$ ...` of a ```console block stands what it prints. Before,
 *
 * - `<!-- id 17: SELECT id ... -->` says whose id in heap.db a number of the page is: when the query gives another one,
 *   that number is replaced from there on; `<!-- id 17 old.db: ... -->` asks old.db instead, as the commands before left it;
 * - `<!-- file NAME -->` before a block writes that block to a file for the commands.
 *
 * Times of day and durations of the page are kept: they differ from run to run.
 */
export function refreshConsole(page: string, shell: Shell): string {
  const ids = new Map<string, string>()
  const renumber = (text: string) => text.replace(/\b\d+\b/g, (number) => ids.get(number) ?? number)
  const refreshed = page.split(/(```console\n[\s\S]*?```)/).map((part) => {
    if (part.startsWith('```console\n')) return runBlock(part, renumber, shell)
    readIds(part, shell.folder, ids)
    const text = renumber(part)
    for (const [, name, content] of text.matchAll(/<!-- file (\S+) -->\n```\w*\n([\s\S]*?)```/g))
      writeFileSync(join(shell.folder, name), content)
    return text
  })
  return refreshed.join('')
}

function runBlock(block: string, renumber: (text: string) => string, shell: Shell): string {
  const [, ...parts] = block.replace(/```$/, '').split(/^\$ /m)
  const refreshed = parts.map((part) => {
    const [line] = part.split('\n', 1)
    const command = renumber(line)
    return `$ ${command}\n${keepDurations(shell.run(command), part)}`
  })
  return `\`\`\`console\n${refreshed.join('\n').trimEnd()}\n\`\`\``
}

/** Old id -> the one that it is now. */
function readIds(text: string, folder: string, ids: Map<string, string>): void {
  for (const [, old, name = 'heap.db', sql] of text.matchAll(/<!-- id (\d+)(?: (\S+))?: ([\s\S]+?) -->/g)) {
    const db = HeapDb.open(join(folder, name))
    const [row] = [...db.query(sql).rows]
    db.close()
    if (row === undefined) throw new Error(`no row: ${sql}`)
    ids.set(old, String(row[0]))
  }
}

/** Of any form: 2.8 s, 1 min 03 s. */
const DURATION = /written in [^;\n]+/

function keepDurations(output: string, before: string): string {
  const [kept] = before.match(DURATION) ?? []
  return kept === undefined ? output : output.replace(DURATION, kept)
}
