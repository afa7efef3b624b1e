const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** 1536 as `1.5 KiB`. Three or four digits. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // 1023.95 would print as 1024.0.
  while (Math.abs(value) >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}

/** 1234567 as `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return count.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/** 12.345 as `12.3 %`. */
export function formatPercent(percent: number): string {
  // A share that is not all of it never reads as all of it, nor one that is something as nothing.
  if (percent > 99.9 && percent < 100) return '>99.9 %'
  if (percent > 0 && percent < 0.1) return '<0.1 %'
  return `${percent.toFixed(1)} %`
}

/** Hours and minutes only when there are any: `1 h 02 min`, `3 min 05 s`, `4.2 s`. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const two = (n: number) => String(n).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`
}
