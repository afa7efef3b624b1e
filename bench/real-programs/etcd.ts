import type { Server } from './program.ts'

const KEYS = 300_000
const KEYS_PER_TRANSACTION = 500
const LEASES = 500

/** etcd, a key-value store: a B-tree of keys, their revisions, the raft log, leases, gRPC connections. */
export const etcd: Server = {
  name: 'etcd',
  source: {
    main: `package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
`,
  },
  requires: ['go.etcd.io/etcd/server/v3@v3.7.3'],
  go: '1.26.8',
  args: (folder, port) => [
    '--data-dir',
    `${folder}/data`,
    '--listen-client-urls',
    `http://127.0.0.1:${port}`,
    '--advertise-client-urls',
    `http://127.0.0.1:${port}`,
    '--listen-peer-urls',
    `http://127.0.0.1:${port + 1}`,
    '--initial-advertise-peer-urls',
    `http://127.0.0.1:${port + 1}`,
    '--initial-cluster',
    `default=http://127.0.0.1:${port + 1}`,
    '--max-txn-ops',
    String(KEYS_PER_TRANSACTION),
    '--unsafe-no-fsync',
    '--enable-pprof',
    '--log-level',
    'error',
  ],
  readyUrl: (port) => `http://127.0.0.1:${port}/health`,
  pprofUrl: (port) => `http://127.0.0.1:${port}/debug/pprof`,
  load: async (port) => {
    const call = async (path: string, body: unknown) => {
      const response = await fetch(`http://127.0.0.1:${port}/v3/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      })
      if (!response.ok) throw new Error(`etcd ${path}: ${await response.text()}`)
      return response.json()
    }
    const encode = (text: string) => Buffer.from(text).toString('base64')
    for (let first = 0; first < KEYS; first += KEYS_PER_TRANSACTION) {
      const success = []
      for (let key = first; key < first + KEYS_PER_TRANSACTION; key++) {
        const value = encode(`value ${key} `.repeat(1 + (key % 5)))
        success.push({ requestPut: { key: encode(`/registry/${key % 97}/item-${key}`), value } })
      }
      await call('kv/txn', { success })
    }
    for (let lease = 1; lease <= LEASES; lease++) {
      await call('lease/grant', { TTL: 86_400, ID: lease })
      await call('kv/put', { key: encode(`leased-${lease}`), value: encode('x'), lease })
    }
  },
}
