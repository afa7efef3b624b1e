/** Indexes a core with the values of its strings: node index-leaky.ts CORE BINARY DATABASE */
import { analyse, extract, openCore, Problems, writeDatabase } from '../../src/index.ts'

const [coreFile, binary, database] = process.argv.slice(2)
const problems = new Problems()
const core = openCore(coreFile, binary, problems)
const heap = await extract(core, problems, { stringValues: true, threads: 1 })
await writeDatabase(analyse(heap), database)
core.close()
