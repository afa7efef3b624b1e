/** Kind and name of a root in one text: as nodes.label has it. */
export function labelRoot(kind: string, name: string): string {
  return name.startsWith(`${kind} `) ? name : `${kind} ${name}`
}

/**
 * The name without what tells apart roots that are the same otherwise, in this process or another: numbers of goroutines,
 * and the addresses of words and objects that have no name.
 */
export function mergeRootName(kind: string, name: string): string {
  if (kind === 'goroutine') return name.replace(/^goroutine \d+ /, '')
  return name.replace(/\b0x[0-9a-f]+\b/g, '0x…')
}
