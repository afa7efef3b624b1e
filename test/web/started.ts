import { request } from 'node:http'
import { afterAll, beforeAll } from 'vitest'
import { type ServeOptions, serve, type Viewer } from '../../src/web/server/serve.ts'

export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** A running viewer and how to ask it. */
export class Asker {
  readonly url: URL
  readonly token: string

  constructor(url: string) {
    this.url = new URL(url)
    this.token = this.url.searchParams.get('token') ?? ''
  }

  /** Unlike fetch this sends any Host and Origin. */
  send(path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: this.url.hostname, port: this.url.port, path, method, headers },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (part: string) => {
            text += part
          })
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }

  /** An answer of the API, as the page asks for it. */
  async ask(path: string, init: { method?: string; body?: string } = {}) {
    const reply = await this.send(`/api/${path}`, { ...init, headers: { 'x-goheap-token': this.token } })
    const body = JSON.parse(reply.text)
    if (reply.status !== 200) throw new Error(`${reply.status} ${body.error}`)
    return body
  }
}

/** Serves a database for the tests of a file. */
export function useViewer(path: string, options: ServeOptions = {}): { readonly asker: Asker } {
  let viewer: Viewer | undefined
  let asker: Asker | undefined
  beforeAll(async () => {
    viewer = await serve(path, options)
    asker = new Asker(viewer.url)
  }, 60_000)
  afterAll(async () => {
    await viewer?.close()
  })
  return {
    get asker() {
      if (asker === undefined) throw new Error('the viewer is started before the tests')
      return asker
    },
  }
}
