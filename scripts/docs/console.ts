import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BundledHeap } from './bundled-heap.ts'

/**
 * A page with its console blocks run again: below each line `$ ...` of a ```console block stands what it prints. Before,
 *
 * - `<!-- id 17: SELECT id ... -->` says whose id a number of the page is: when the query gives another one, that number
 *   is replaced in the whole page;
 * - `<!-- file NAME -->` before a block writes that block to a file for the commands.
 *
 * Times of day and durations of the page are kept: they differ from run to run.
 */
export function refreshConsole(page: string, heap: BundledHeap): string {
  const text = renumber(page, heap)
  for (const [, name, content] of text.matchAll(/<!-- file (\S+) -->\n```\w*\n([\s\S]*?)```/g)) {
    writeFileSync(join(heap.folder, name), content)
  }
  return text.replace(/```console\n([\s\S]*?)```/g, (_, block: string) => {
    const parts = block.split(/^(?=\$ )/m)
    const refreshed = parts.map((part) => {
      const [line] = part.split('\n', 1)
      return `${line}\n${keepDurations(heap.run(line.slice(2)), part)}`
    })
    return `\`\`\`console\n${refreshed.join('\n').trimEnd()}\n\`\`\``
  })
}

function renumber(page: string, { db }: BundledHeap): string {
  const ids = new Map<string, string>()
  for (const [, old, sql] of page.matchAll(/<!-- id (\d+): ([\s\S]+?) -->/g)) {
    const [row] = [...db.query(sql).rows]
    if (row === undefined) throw new Error(`no row: ${sql}`)
    ids.set(old, String(row[0]))
  }
  return page.replace(/\b\d+\b/g, (number) => ids.get(number) ?? number)
}

const DURATION = /written in [\d.]+ \w+/

function keepDurations(output: string, before: string): string {
  const [kept] = before.match(DURATION) ?? []
  return kept === undefined ? output : output.replace(DURATION, kept)
}
