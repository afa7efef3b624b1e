import { connect } from 'node:net'
import { etcd } from '../etcd.ts'
import type { Leak } from './leak.ts'

const KEYS = 20_000
const KEYS_PER_TRANSACTION = 500
const WATCHES = 24
const ROUNDS = 8

/** etcd as released, whose clients watch over HTTP and read nothing of what they are sent. */
export const etcdWatches: Leak = {
  name: 'etcd',
  server: {
    ...etcd,
    load: async (port) => {
      await putAll(port, 0)
      for (let watch = 0; watch < WATCHES; watch++) openWatch(port)
      for (let round = 1; round <= ROUNDS; round++) await putAll(port, round)
    },
  },
  culprit: {
    gathers: 'hchan<go.etcd.io/etcd/server/v3/storage/mvcc.WatchResponse>',
    field: 'go.etcd.io/etcd/server/v3/storage/mvcc.watchStream.ch',
  },
}

const encode = (text: string) => Buffer.from(text).toString('base64')

/** Every key once. */
async function putAll(port: number, round: number): Promise<void> {
  for (let first = 0; first < KEYS; first += KEYS_PER_TRANSACTION) {
    const success = Array.from({ length: KEYS_PER_TRANSACTION }, (_, k) => ({
      requestPut: {
        key: encode(`/registry/item-${first + k}`),
        value: encode(`round ${round} of ${first + k} `.repeat(4)),
      },
    }))
    const response = await fetch(`http://127.0.0.1:${port}/v3/kv/txn`, {
      method: 'POST',
      body: JSON.stringify({ success }),
    })
    if (!response.ok) throw new Error(`etcd: ${await response.text()}`)
    await response.arrayBuffer()
  }
}

/** Asks to be told of all changes, and never reads. */
function openWatch(port: number): void {
  const body = JSON.stringify({
    create_request: { key: encode('/registry/'), range_end: encode('/registry0'), prev_kv: true },
  })
  const socket = connect(port, '127.0.0.1')
  socket.pause()
  socket.unref()
  socket.on('error', () => {}) // the server's end breaks off when it is made to crash
  socket.write(`POST /v3/watch HTTP/1.1\r\nHost: etcd\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
}
