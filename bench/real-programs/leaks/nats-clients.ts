import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { nats } from '../nats.ts'
import type { Leak } from './leak.ts'

const LASTING_CLIENTS = 20
const SUBSCRIPTIONS_PER_LASTING_CLIENT = 1500
const VISITS = 8000
const VISITORS_AT_ONCE = 50

/** nats-server whose accounts never forget a client: each visitor that has left stays in the set of its account. */
export const natsClients: Leak = {
  name: 'nats',
  server: {
    ...nats,
    load: async (port) => {
      for (let client = 0; client < LASTING_CLIENTS; client++) {
        const subjects = Array.from(
          { length: SUBSCRIPTIONS_PER_LASTING_CLIENT },
          (_, s) => `orders.region-${client}.item-${s}`,
        )
        const socket = await open(port, `worker-${client}`, subjects)
        socket.unref()
        socket.on('error', () => {}) // the server's end breaks off when it is made to crash
      }
      for (let visit = 0; visit < VISITS; visit += VISITORS_AT_ONCE) {
        const visitors = Array.from({ length: VISITORS_AT_ONCE }, (_, v) =>
          open(port, `visitor-${visit + v}`, [`_INBOX.visitor-${visit + v}.*`]),
        )
        for (const socket of await Promise.all(visitors)) {
          socket.end()
          socket.resume()
          await once(socket, 'close')
        }
      }
    },
  },
  forgotten: {
    package: 'github.com/nats-io/nats-server/v2/server',
    file: 'accounts.go',
    after: 'func (a *Account) removeClient(c *client) int {',
    line: '\tdelete(a.clients, c)\n',
  },
  culprit: {
    gathers: 'github.com/nats-io/nats-server/v2/server.client',
    field: 'github.com/nats-io/nats-server/v2/server.Account.clients',
  },
}

/** A client that has subscribed to all subjects. */
async function open(port: number, name: string, subjects: string[]): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  const subscriptions = subjects.map((subject, s) => `SUB ${subject} ${s}\r\n`).join('')
  let answer = ''
  socket.setEncoding('utf8')
  const pong = new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('data', (data) => {
      answer += data
      if (answer.includes('PONG')) resolve()
    })
  })
  socket.write(`CONNECT {"verbose":false,"name":"${name}"}\r\n${subscriptions}PING\r\n`)
  await pong
  return socket
}
