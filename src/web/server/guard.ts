import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Why a request is not answered: an HTTP status and a sentence. */
export interface Refusal {
  status: 400 | 401 | 403 | 405
  reason: string
}

/**
 * Headers of every answer. The page runs only its own scripts and talks only to its own server; `nonce` lets the SQL
 * editor add its style sheet.
 */
export function securityHeaders(nonce: string): Record<string, string> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  }
}

/**
 * Guards a server that holds the contents of somebody's heap against other pages of the same browser: a name that is
 * rebound to this address has another Host, a page of another site has another Origin, and neither knows the token.
 */
export class Guard {
  readonly #hosts: ReadonlySet<string>
  readonly #token: Buffer

  /** `hosts`: values of the Host header that are this server, port included. */
  constructor(hosts: Iterable<string>, token: string) {
    this.#hosts = new Set(hosts)
    this.#token = Buffer.from(token)
  }

  /** For every request. */
  check(request: IncomingMessage): Refusal | undefined {
    const { host, origin } = request.headers
    if (host === undefined || !this.#hosts.has(host.toLowerCase())) {
      return { status: 403, reason: 'this server does not go by that name' }
    }
    if (origin !== undefined && !this.#hosts.has(origin.toLowerCase().replace(/^http:\/\//, ''))) {
      return { status: 403, reason: 'requests of other sites are not answered' }
    }
    return undefined
  }

  /** For requests that give anything of the heap away. */
  checkToken(request: IncomingMessage): Refusal | undefined {
    const given = Buffer.from(String(request.headers['x-goheap-token'] ?? ''))
    if (given.length === this.#token.length && timingSafeEqual(given, this.#token)) return undefined
    return { status: 401, reason: 'the token is missing or wrong: open the address that goheap printed' }
  }
}
