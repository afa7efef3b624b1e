import { hostname, networkInterfaces } from 'node:os'

/**
 * What the Host header of a request to a server at `host` can be, the name to show first. One that listens at all addresses
 * of the machine goes by each of them and by the machine's own name, and by no other that may lead to it.
 */
export function listNames(host: string, port: number): string[] {
  return hostsOf(host).map((name) => `${name.includes(':') ? `[${name}]` : name}:${port}`.toLowerCase())
}

function hostsOf(host: string): string[] {
  if (host === '127.0.0.1' || host === '::1') return [host, 'localhost']
  if (host !== '0.0.0.0' && host !== '::') return [host]
  const addresses = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    // Browsers cannot ask addresses with a zone.
    .filter(({ scopeid = 0 }) => scopeid === 0)
    .sort((a, b) => Number(a.internal) - Number(b.internal))
    .map(({ address }) => address)
  return [...addresses, hostname(), 'localhost', host]
}
