import { InvalidArgumentError } from 'commander'

/** A whole number from 1 on, for commander. */
export function parsePositive(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < 1) {
    throw new InvalidArgumentError('It is not a whole number from 1 on.')
  }
  return number
}

/** A percentage, for commander. */
export function parseShare(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number >= 0 && number <= 100)) {
    throw new InvalidArgumentError('It is not a number from 0 to 100.')
  }
  return number
}

/** `name=value`, collected over repeated options. */
export function collectArgument(text: string, collected: Record<string, string>): Record<string, string> {
  const [, name, value] = text.match(/^(\w+)=(.*)$/s) ?? []
  if (name === undefined) throw new InvalidArgumentError('It is not of the form name=value.')
  return { ...collected, [name]: value }
}

/** Texts, collected over repeated options. */
export function collectText(text: string, collected: string[]): string[] {
  return [...collected, text]
}
