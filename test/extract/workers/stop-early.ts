/** Stops pools while their workers start: node stop-early.ts. Prints "stopped" unless Node aborts, which ends the process. */
import { openPool } from '../../../src/extract/workers/pool.ts'

for (let round = 0; round < 30; round++) {
  const pool = openPool(new URL('./evaluated.ts', import.meta.url), null, 2)
  await new Promise<void>((resolve) => pool.once('message', () => resolve()))
  await pool.destroy()
}
console.log('stopped')
