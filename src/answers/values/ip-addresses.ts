/** An IP address of 4 or 16 bytes as Go prints it; one of IPv4 that is written as IPv6 is of IPv4. net/ip.go, IP.String */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  return isMapped(bytes) ? bytes.subarray(12).join('.') : formatGroups(bytes)
}

/** An address of IPv6 as net/netip prints it, where one that maps an address of IPv4 stays one of IPv6. Addr.String */
export function formatIp6(bytes: Uint8Array, zone: string): string {
  const text = isMapped(bytes) ? `::ffff:${bytes.subarray(12).join('.')}` : formatGroups(bytes)
  return zone === '' ? text : `${text}%${zone}`
}

/** 16 bytes with ::ffff:0:0/96 at the beginning. */
export function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
}

function formatGroups(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] << 8) | bytes[2 * i + 1])
  const { start, length } = longestZeros(groups)
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':')
  if (length < 2) return text(groups)
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`
}

/** As net/netip has it: IPv6 in brackets. */
export function formatPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** The first of the longest runs. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (end < groups.length && groups[end] === 0) end++
    if (end - start > best.length) best = { start, length: end - start }
  }
  return best
}
