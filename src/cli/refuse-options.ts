import type { Command } from 'commander'
import { GoheapError } from '../errors.ts'

/**
 * Options that were given and would be passed over in silence.
 *
 * @throws GoheapError 'usage' for the first one; `when` says what makes it meaningless
 */
export function refuseOptions(command: Command, names: readonly string[], when: string): void {
  for (const name of names) {
    const option = command.options.find((one) => one.attributeName() === name)
    if (option === undefined) throw new Error(`${command.name()} has no option ${name}`)
    if (command.getOptionValueSource(name) === 'cli')
      throw new GoheapError('usage', `${option.long} means nothing ${when}`)
  }
}
