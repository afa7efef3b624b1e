import { readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { goCommand } from './build.ts'
import { openLanguageServer } from './language-server.ts'
import type { Server } from './program.ts'

const GO = '1.27.4'
/** Packages. Each costs it a minute of analysis. */
const OPENED = 3

/** gopls, Go's language server: syntax trees and types of golang.org/x/tools, with files of some packages opened. */
export const gopls: Server = {
  name: 'gopls',
  source: { command: 'golang.org/x/tools/gopls' },
  requires: ['golang.org/x/tools/gopls@v0.24.0'],
  go: GO,
  args: (_folder, port) => ['serve', `-listen=127.0.0.1:${port}`, `-debug=127.0.0.1:${port + 1}`],
  environment: (folder) => ({ GOPLSCACHE: join(folder, 'cache'), GOTOOLCHAIN: `go${GO}` }),
  readyUrl: (port) => `http://127.0.0.1:${port + 1}/`,
  pprofUrl: (port) => `http://127.0.0.1:${port + 1}/debug/pprof`,
  load: async (port, folder) => {
    const go = goCommand(GO, join(folder, '../src'))
    const workspace = go('list', '-m', '-f', '{{.Dir}}', 'golang.org/x/tools').trim()
    const socket = connect(port, '127.0.0.1')
    const server = openLanguageServer(socket)
    await server.request('initialize', {
      processId: null,
      capabilities: {},
      rootUri: pathToFileURL(workspace).href,
      workspaceFolders: [{ uri: pathToFileURL(workspace).href, name: 'tools' }],
    })
    server.notify('initialized', {})
    const files = firstFiles(join(workspace, 'go')).slice(0, OPENED)
    for (const file of files) {
      const text = readFileSync(file, 'utf8')
      const textDocument = { uri: pathToFileURL(file).href, languageId: 'go', version: 1, text }
      server.notify('textDocument/didOpen', { textDocument })
    }
    // Answered once the package is type-checked.
    for (const file of files) {
      const textDocument = { uri: pathToFileURL(file).href }
      await server.request('textDocument/semanticTokens/full', { textDocument })
      await server.request('textDocument/documentSymbol', { textDocument })
    }
    await server.request('workspace/symbol', { query: 'Node' })
    socket.unref()
    socket.on('error', () => {}) // the server's end breaks off when it is made to crash
  },
}

/** A file of each package below the folder. */
function firstFiles(folder: string): string[] {
  const names = readdirSync(folder).sort()
  const first = names.find((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
  const inner = names
    .map((name) => join(folder, name))
    .filter((path) => !path.endsWith('testdata') && statSync(path).isDirectory())
  return [...(first === undefined ? [] : [join(folder, first)]), ...inner.flatMap(firstFiles)]
}
