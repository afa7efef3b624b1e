import { once } from 'node:events'
import { connect } from 'node:net'
import type { Server } from './program.ts'

const CLIENTS = 200
const SUBSCRIPTIONS_PER_CLIENT = 1500

/** nats-server, a message broker: a trie of subjects in maps, a goroutine or two for every client. */
export const nats: Server = {
  name: 'nats',
  source: {
    main: `package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, ProfPort: port + 1, HTTPPort: port + 2,
		HTTPHost: "127.0.0.1", MaxPending: 1 << 26})
	if err != nil {
		panic(err)
	}
	if err := server.Run(s); err != nil {
		fmt.Println(err)
	}
	s.WaitForShutdown()
}
`,
  },
  requires: ['github.com/nats-io/nats-server/v2@v2.15.2'],
  go: '1.27.4',
  args: (_folder, port) => [String(port)],
  readyUrl: (port) => `http://127.0.0.1:${port + 2}/varz`,
  pprofUrl: (port) => `http://127.0.0.1:${port + 1}/debug/pprof`,
  load: async (port) => {
    for (let client = 0; client < CLIENTS; client++) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'data')
      let text = 'CONNECT {"verbose":false,"name":"load"}\r\n'
      for (let s = 0; s < SUBSCRIPTIONS_PER_CLIENT; s++) {
        const subject = `orders.${client % 20}.region-${s % 50}.item-${client}-${s}`
        text += `SUB ${s % 7 === 0 ? `${subject}.* ` : `${subject} `}${s}\r\n`
      }
      socket.write(`${text}PING\r\n`)
      let answer = ''
      while (!answer.includes('PONG')) {
        const [data] = (await once(socket, 'data')) as [Buffer]
        answer += data.toString()
      }
      socket.unref()
      socket.on('error', () => {}) // the server's end breaks off when it is made to crash
    }
  },
}
