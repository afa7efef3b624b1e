import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GoheapError } from '../../errors.ts'
import type { Stage } from '../../progress.ts'
import { loadAssets } from './assets.ts'
import { Guard } from './guard.ts'
import { handleRequest, type Readiness, sendRefusal } from './handle.ts'
import { listNames } from './host-names.ts'
import { type HeapOptions, type OpenedHeap, openHeap } from './opened-heap.ts'

export interface ServeOptions extends HeapOptions {
  /** Address to listen at; default 127.0.0.1: nobody but this machine. */
  host?: string
  /** 0, the default: any free one. */
  port?: number
}

export interface Viewer {
  /** Address to open, with the token that the server asks for. */
  url: string
  close(): Promise<void>
}

/** A viewer that is there before its database is. */
export interface EarlyViewer extends Viewer {
  /** How far the index run is. */
  report(stage: Stage, done: number, total: number): void
  /** @throws GoheapError as HeapDb.open */
  show(path: string): void
  fail(reason: string): void
}

/**
 * Serves the web viewer of a database until it is closed.
 *
 * @throws GoheapError as HeapDb.open; 'file' when the address cannot be listened at or the page is not built
 */
export async function serve(path: string, options: ServeOptions = {}): Promise<Viewer> {
  const heap = openHeap(path, options)
  try {
    return await startViewer(options, heap)
  } catch (error) {
    heap.close()
    throw error
  }
}

/**
 * Serves the progress of an index run, and the viewer once `show` is called.
 *
 * @throws GoheapError 'file' when the address cannot be listened at or the page is not built
 */
export async function startViewer(options: ServeOptions, shown?: OpenedHeap): Promise<EarlyViewer> {
  const assets = loadAssets()
  const server = createServer()
  const host = options.host ?? '127.0.0.1'
  const port = await listen(server, host, options.port ?? 0)
  const token = randomBytes(18).toString('base64url')
  const names = listNames(host, port)
  const guard = new Guard(names, token)
  let heap = shown
  let readiness: Readiness =
    shown === undefined ? { state: 'indexing', stage: 'open', done: 0, total: 0 } : { state: 'ready' }
  server.on('request', (request, response) => {
    handleRequest({ assets, guard, heap, readiness }, request, response).catch((error: unknown) =>
      sendRefusal(response, 500, String(error)),
    )
  })
  return {
    url: `http://${names[0]}/?token=${token}`,
    report: (stage, done, total) => {
      readiness = { state: 'indexing', stage, done, total }
    },
    show: (path) => {
      heap = openHeap(path, options)
      readiness = { state: 'ready' }
    },
    fail: (reason) => {
      readiness = { state: 'failed', reason }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      heap?.close()
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new GoheapError('file', `cannot listen at ${host}:${port}: ${error.message}`, { cause: error })),
    )
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}
