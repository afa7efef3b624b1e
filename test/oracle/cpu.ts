/**
 * Milliseconds of CPU that this process has used: what tells a loop that does not end from a machine that is busy.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
