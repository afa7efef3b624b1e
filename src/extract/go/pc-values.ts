/**
 * Reads a pc-value table: how the compiler writes "from this instruction on the value is v". Pairs of varints, the
 * zigzag-coded change of the value and the number of instructions (of `minLC` bytes each) for which it holds; the value
 * starts at -1, and a change of 0 after the first pair ends the table. runtime/symtab.go, pcvalue and step.
 *
 * Gives the value at `offset` bytes from the function's entry; -1 when the table does not reach that far.
 */
export function readPcValue(pctab: Uint8Array, table: number, offset: number, minLC: number): number {
  let at = table
  let pc = 0
  let value = -1
  for (let isFirst = true; at < pctab.length; isFirst = false) {
    let change = pctab[at++]
    if (change === 0 && !isFirst) return -1
    if (change >= 0x80) {
      change &= 0x7f
      for (let shift = 7; ; shift += 7) {
        const byte = pctab[at++]
        if (byte === undefined || shift > 28) return -1
        change |= (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
    }
    value = (value + ((change >>> 1) ^ -(change & 1))) | 0
    let length = pctab[at++]
    if (length === undefined) return -1
    if (length >= 0x80) {
      length &= 0x7f
      for (let shift = 7; ; shift += 7) {
        const byte = pctab[at++]
        if (byte === undefined || shift > 28) return -1
        length |= (byte & 0x7f) << shift
        if (byte < 0x80) break
      }
    }
    pc += (length >>> 0) * minLC
    if (offset < pc) return value
  }
  return -1
}
