import { GoheapError } from '../../errors.ts'
import type { GoProcess } from './process.ts'

/** More than any kernel gives. */
const MOST_WORDS = 1024

/** The kernel's auxiliary vector as the runtime keeps it: words, tag and value in turn. runtime/os_linux.go, sysauxv. */
export function* readAuxiliaryVector({
  memory,
  layouts,
}: GoProcess): Generator<[tag: number, value: number]> {
  const slice = layouts.variable('runtime.auxv')
  if (slice === undefined) return
  const first = memory.readWord(slice)
  const count = memory.readWord(slice + 8)
  if (count > MOST_WORDS) throw new GoheapError('corrupt', `an auxiliary vector of ${count} words`)
  for (let i = 0; i + 1 < count; i += 2)
    yield [memory.readWord(first + i * 8), memory.readWord(first + i * 8 + 8)]
}
