import type { Memory } from '../../extract/file/memory.ts'

/** Text of a number, boolean or complex value; undefined for kinds that are none. Faults as Memory does. */
export function readScalar(memory: Memory, kind: string, size: number, address: number): string | undefined {
  const view = () => {
    const bytes = memory.readBytes(address, size)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  switch (kind) {
    case 'bool':
      return memory.readU8(address) === 0 ? 'false' : 'true'
    case 'int':
    case 'int64':
      return view().getBigInt64(0, true).toString()
    case 'int8':
      return view().getInt8(0).toString()
    case 'int16':
      return view().getInt16(0, true).toString()
    case 'int32':
      return view().getInt32(0, true).toString()
    case 'uint':
    case 'uint64':
      return view().getBigUint64(0, true).toString()
    case 'uint8':
      return view().getUint8(0).toString()
    case 'uint16':
      return view().getUint16(0, true).toString()
    case 'uint32':
      return view().getUint32(0, true).toString()
    case 'uintptr':
      return `0x${view().getBigUint64(0, true).toString(16)}`
    case 'float32':
      return formatFloat(view().getFloat32(0, true), 32)
    case 'float64':
      return formatFloat(view().getFloat64(0, true), 64)
    case 'complex64':
      return complex(view().getFloat32(0, true), view().getFloat32(4, true), 32)
    case 'complex128':
      return complex(view().getFloat64(0, true), view().getFloat64(8, true), 64)
    default:
      return undefined
  }
}

function complex(real: number, imaginary: number, bits: 32 | 64): string {
  const text = formatFloat(imaginary, bits)
  return `(${formatFloat(real, bits)}${/^[+-]/.test(text) ? '' : '+'}${text}i)`
}

/** strconv/ftoa.go, eprec: from this power of ten on there is an exponent, where as few digits as possible are wanted. */
const LARGE = 6

/** A float32 or float64 as fmt prints it: by the fewest digits that tell it. strconv/ftoa.go, %e and %f for 'g' */
export function formatFloat(value: number, bits: 32 | 64): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const text = bits === 64 ? value.toExponential() : shortestFloat32(value)
  const [digits, exponent] = text.split('e')
  const sign = Object.is(value, -0) ? '-' : ''
  const power = Number(exponent)
  if (power < -4 || power >= LARGE) {
    return `${sign}${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  }
  return sign + plainDigits(digits, power)
}

/** `1.25` times 10 to the power, without an exponent. */
function plainDigits(text: string, power: number): string {
  const sign = text.startsWith('-') ? '-' : ''
  const digits = text.replace(/[-.]/g, '')
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0')
  const fraction = digits.slice(power + 1)
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Nine digits tell every float32. */
const FLOAT32_DIGITS = 9

function shortestFloat32(value: number): string {
  for (let digits = 0; digits < FLOAT32_DIGITS - 1; digits++) {
    const [mantissa, power] = value.toExponential(digits).split('e')
    const nearest = BigInt(mantissa.replace('.', ''))
    const away = value < 0 ? -1n : 1n
    // Of two that are as near JavaScript takes the larger, Go the even one. Above a power of two float32s are twice as
    // far apart as below it: there the second nearest may be the one.
    const tied = value.toExponential(digits + 1)
    const isOdd = tied.split('e')[0].endsWith('5') && Number(tied) === value && nearest % 2n !== 0n
    const found = [isOdd ? nearest - away : nearest, nearest + away]
      .map((integer) => Number(`${integer}e${Number(power) - digits}`))
      .find((one) => Math.fround(one) === value)
    if (found !== undefined) return found.toExponential(digits)
  }
  return value.toExponential(FLOAT32_DIGITS - 1)
}

/** time/time.go: wallToInternal, and unixToInternal, in seconds. */
const YEAR_1885 = 59_453_308_800n
const UNIX = 62_135_596_800n

/**
 * A time.Time in UTC: wall holds, from the top, a flag, 33 bits of seconds since 1885 and 30 bits of nanoseconds; without
 * the flag ext has the seconds since year 1. undefined beyond the years that a Date can hold. time/time.go, Time.
 */
export function formatTime(wall: bigint, ext: bigint): string | undefined {
  const nanoseconds = wall & ((1n << 30n) - 1n)
  const seconds = (wall >> 63n === 1n ? YEAR_1885 + ((wall >> 30n) & ((1n << 33n) - 1n)) : ext) - UNIX
  const date = new Date(Number(seconds) * 1000)
  if (Number.isNaN(date.getTime())) return undefined
  const fraction = nanoseconds === 0n ? '' : `.${nanoseconds.toString().padStart(9, '0').replace(/0+$/, '')}`
  return date.toISOString().replace('.000Z', `${fraction}Z`)
}

/** A time.Duration as Go prints it: 1h2m3.5s. time/time.go, Duration.String. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const rest = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const withFraction = (unit: bigint, name: string) => {
    const digits = unit.toString().length - 1
    const fraction = (rest % unit).toString().padStart(digits, '0').replace(/0+$/, '')
    return `${sign}${rest / unit}${fraction === '' ? '' : `.${fraction}`}${name}`
  }
  if (rest < 1000n) return `${sign}${rest}ns`
  if (rest < 1_000_000n) return withFraction(1000n, 'µs')
  if (rest < 1_000_000_000n) return withFraction(1_000_000n, 'ms')
  const seconds = rest / 1_000_000_000n
  const fraction = (rest % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '')
  const clock = `${seconds % 60n}${fraction === '' ? '' : `.${fraction}`}s`
  if (seconds < 60n) return sign + clock
  if (seconds < 3600n) return `${sign}${seconds / 60n}m${clock}`
  return `${sign}${seconds / 3600n}h${(seconds / 60n) % 60n}m${clock}`
}
