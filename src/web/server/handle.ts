import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { GoheapError } from '../../errors.ts'
import { STAGES, type Stage } from '../../progress.ts'
import { encode } from './answer.ts'
import type { Asset } from './assets.ts'
import { type Guard, securityHeaders } from './guard.ts'
import type { OpenedHeap } from './opened-heap.ts'
import { parseSave } from './saved-queries.ts'

/** What the page shows before there is a database, and when there will be none. */
export type Readiness =
  | { state: 'indexing'; stage: Stage; done: number; total: number }
  | { state: 'failed'; reason: string }
  | { state: 'ready' }

/** All that a request can be answered with. */
export interface Site {
  assets: ReadonlyMap<string, Asset>
  guard: Guard
  /** undefined while the core is being indexed. */
  heap: OpenedHeap | undefined
  readiness: Readiness
}

const MOST_SQL_ROWS = 10_000
/** Addresses of tables that are being saved. */
const EXPORTS = '/export/'
const MOST_BODY_BYTES = 1_000_000

export async function handleRequest(
  site: Site,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const nonce = randomBytes(16).toString('base64')
  for (const [name, value] of Object.entries(securityHeaders(nonce))) response.setHeader(name, value)
  const refusal = site.guard.check(request)
  if (refusal !== undefined) return sendRefusal(response, refusal.status, refusal.reason)
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname.startsWith('/api/')) return answer(site, url, request, response)
  if (url.pathname.startsWith(EXPORTS)) {
    if (site.heap?.exports.send(url.pathname.slice(EXPORTS.length), response)) return
    return sendRefusal(
      response,
      404,
      'there is no such table: its address is good for one minute and one time',
    )
  }
  const asset = site.assets.get(url.pathname)
  if (asset === undefined) return sendRefusal(response, 404, 'there is no such page')
  if (request.method !== 'GET') return sendRefusal(response, 405, 'only GET')
  const isPage = url.pathname === '/'
  response.writeHead(200, {
    'content-type': asset.mediaType,
    // Names of all files but the page carry a hash of their contents.
    'cache-control': isPage ? 'no-store' : 'private, max-age=31536000, immutable',
  })
  response.end(isPage ? asset.body.toString().replaceAll('%NONCE%', nonce) : asset.body)
}

export function sendRefusal(response: ServerResponse, status: number, reason: string): void {
  if (response.headersSent) return void response.end()
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(encode({ error: reason }))
}

async function answer(
  { guard, heap, readiness }: Site,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = guard.checkToken(request)
  if (refusal !== undefined) return sendRefusal(response, refusal.status, refusal.reason)
  const name = url.pathname.slice('/api/'.length)
  if (name === 'readiness') return sendJson(response, encode({ ...readiness, stages: STAGES }))
  if (heap === undefined) return sendRefusal(response, 503, 'the core is still being indexed')
  const change = heap.findChange()
  if (change !== undefined) return sendRefusal(response, 409, change)
  try {
    if (name === 'sql') {
      if (request.method !== 'POST') return sendRefusal(response, 405, 'only POST')
      return sendJson(response, await heap.sql.run({ sql: await readBody(request), rows: MOST_SQL_ROWS }))
    }
    if (name === 'saved' && request.method === 'POST') {
      const { name: query, sql } = parseSave(await readBody(request))
      return sendJson(response, encode(heap.saved.save(query, sql)))
    }
    if (name === 'export' && request.method === 'POST') {
      const { table = '', format = '', ...params } = Object.fromEntries(url.searchParams)
      // SQL of the user is too long for an address.
      const sql = await readBody(request)
      const exported = { table, params: sql === '' ? params : { ...params, sql } }
      return sendJson(response, encode({ ticket: await heap.exports.start(exported, format) }))
    }
    const route = heap.routes.get(name)
    if (route === undefined) return sendRefusal(response, 404, `there is no /api/${name}`)
    if (request.method !== 'GET') return sendRefusal(response, 405, 'only GET')
    sendJson(response, encode(await route(heap.db, url.searchParams)))
  } catch (error) {
    if (!(error instanceof GoheapError)) throw error
    sendRefusal(response, 400, error.message)
  }
}

function sendJson(response: ServerResponse, json: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(json)
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request) {
    bytes += part.length
    if (bytes > MOST_BODY_BYTES) throw new GoheapError('usage', 'the statement is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
