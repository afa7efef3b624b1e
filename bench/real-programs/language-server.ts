import type { Socket } from 'node:net'

export interface LanguageServer {
  /** Sends a request and gives its result; rejects with the server's error. */
  request(method: string, params: object): Promise<unknown>
  notify(method: string, params: object): void
}

interface Message {
  id?: number
  method?: string
  params?: { items?: readonly unknown[] }
  result?: unknown
  error?: { message: string }
}

/** Speaks the language server protocol over a socket: JSON-RPC, each message after its length. */
export function openLanguageServer(socket: Socket): LanguageServer {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  let nextId = 1
  const send = (message: Message) => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))
    socket.write(`Content-Length: ${body.length}\r\n\r\n`)
    socket.write(body)
  }
  const receive = (message: Message) => {
    if (message.id === undefined) return
    if (message.method !== undefined) {
      send({ id: message.id, result: answer(message) })
      return
    }
    const call = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error) call?.reject(new Error(message.error.message))
    else call?.resolve(message.result)
  }
  let pending = Buffer.alloc(0)
  socket.on('data', (data) => {
    pending = Buffer.concat([pending, data])
    for (;;) {
      const header = pending.indexOf('\r\n\r\n')
      const length = Number(/Content-Length: (\d+)/i.exec(pending.toString('latin1', 0, header))?.[1])
      const end = header + 4 + length
      if (header < 0 || pending.length < end) return
      const body = pending.toString('utf8', header + 4, end)
      pending = pending.subarray(end)
      receive(JSON.parse(body))
    }
  })
  return {
    request: (method, params) =>
      new Promise((resolve, reject) => {
        const id = nextId++
        waiting.set(id, { resolve, reject })
        send({ id, method, params })
      }),
    notify: (method, params) => send({ method, params }),
  }
}

/** Of what servers ask, only their settings need an answer: one for each section, none set. */
function answer({ method, params }: Message): unknown {
  if (method !== 'workspace/configuration') return null
  return params?.items?.map(() => null)
}
