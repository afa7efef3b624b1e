/** What writeYaml writes: undefined values are left out. */
export type Tree = {
  readonly [key: string]: Tree | readonly string[] | string | number | boolean | undefined
}

/** A tree as YAML 1.1: texts in double quotes, or as they are, line by line, when they have several lines. */
export function writeYaml(tree: Tree, indent = ''): string {
  const lines = Object.entries(tree).map(([key, value]) => {
    if (value === undefined) return ''
    return `${indent}${writeKey(key)}:${writeValue(value, `${indent}  `)}\n`
  })
  return lines.join('')
}

function writeValue(value: Exclude<Tree[string], undefined>, indent: string): string {
  if (typeof value === 'string') return writeText(value, indent)
  if (typeof value !== 'object') return ` ${value}`
  if (isList(value)) return ` [${value.map((item) => JSON.stringify(item)).join(', ')}]`
  const inner = writeYaml(value, indent)
  return inner === '' ? ' {}' : `\n${inner.replace(/\n$/, '')}`
}

const isList = (value: Tree | readonly string[]): value is readonly string[] => Array.isArray(value)

/** A block needs a first line that is not indented, and no control characters: others are quoted as in JSON. */
function writeText(text: string, indent: string): string {
  const isBlock =
    /\n/.test(text) && /^\S/.test(text) && /\S$/.test(text) && /^[\n\x20-\x7e\u00a0-\ud7ff]*$/.test(text)
  if (!isBlock) return ` ${JSON.stringify(text)}`
  return ` |-\n${text
    .split('\n')
    .map((line) => (line === '' ? '' : indent + line))
    .join('\n')}`
}

const writeKey = (key: string) => (/^[a-z_][\w-]*$/i.test(key) ? key : JSON.stringify(key))
