/** Bytes below space, and what else a terminal may act on, made visible: names come from a core, and may say anything. */
export function showControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
}

/** Leaves out the middle of a text that is longer than `width`: both ends of a type's name tell types apart. */
export function cutMiddle(text: string, width: number): string {
  const characters = [...text]
  if (characters.length <= width) return text
  const head = Math.ceil((width - 1) / 2)
  const tail = width - 1 - head
  return `${characters.slice(0, head).join('')}…${tail > 0 ? characters.slice(-tail).join('') : ''}`
}

/** Places on a terminal, for text without wide characters. */
export function textWidth(text: string): number {
  // Most text is ASCII.
  return /^[ -~]*$/.test(text) ? text.length : [...text].length
}
