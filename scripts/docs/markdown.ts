/** Title of a generated page, and the note that says what it is made from. */
export function pageHead(title: string, source: string): string {
  return `# ${title}\n\n<!-- Made by \`npm run docs\` from ${source}. Do not edit. -->\n`
}

export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(' | ')} |`
  return [line(titles), `|${'---|'.repeat(titles.length)}`, ...rows.map(line)].join('\n')
}

export const codeSpan = (text: string) => `\`${text}\``

/** Code in a fence that it does not contain. */
export function codeBlock(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`
}

/** What stands in prose as it is: * and < of Go types are no markup, and | ends no cell. Code spans stay. */
function escapeCell(text: string): string {
  return text
    .split(/(`[^`]*`|\[\w+\]\(#\w+\))/)
    .map((part, place) => (place % 2 === 1 ? part : part.replace(/[*_<>[\]]/g, '\\$&')))
    .join('')
    .replaceAll('|', '\\|')
}
