/**
 * The process that writes one table to its standard output: it can be stopped while SQLite is at work, and the viewer
 * answers meanwhile. The first message is an ExportRequest; one ExportReply says that rows follow, or why there are none.
 */
import { once } from 'node:events'
import { HeapDb } from '../../../index.ts'
import type { ExportReply, ExportRequest } from './exports.ts'
import { writeTable } from './row-text.ts'
import { openTable } from './tables.ts'

const [request] = (await once(process, 'message')) as [ExportRequest]
const leave = () => process.exit(1)
// The server is gone.
process.on('disconnect', leave)
const db = HeapDb.open(request.sources.path)
try {
  const pieces = writeTable(openTable(db, request.exported, request.sources), request.format)
  // SQLite finds the first row before anything is promised.
  const first = pieces.next()
  await reply('ready')
  for (let piece = first; !piece.done; piece = pieces.next()) {
    if (!process.stdout.write(piece.value)) await once(process.stdout, 'drain')
  }
} catch (error) {
  await reply({ error: error instanceof Error ? error.message : String(error) })
  process.exitCode = 1
}
process.off('disconnect', leave)
process.disconnect()

function reply(message: ExportReply): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) throw new Error('this is not run by itself')
    process.send(message, () => resolve())
  })
}
