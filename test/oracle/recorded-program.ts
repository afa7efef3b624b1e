import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { analyse } from '../../src/analyse.ts'
import { NONE } from '../../src/model/types.ts'
import { HeapDb } from '../../src/schema/heap-db.ts'
import { writeDatabase } from '../../src/schema/write.ts'
import { type Extracted, extractRun } from './extracted.ts'
import { buildProgram, crashProgram, type GoVersion } from './toolchain.ts'

/** A crashed program of fixtures/programs, what it wrote down of itself before, and its database. */
export interface RecordedProgram<Truth> {
  truth: Truth
  extracted: Extracted
  db: HeapDb
  /** Id of the object that an address lies in. */
  readonly idAt: (address: number) => number
}

/** For the tests of a describe: its fields are set when they run. */
export function useRecorded<Truth>(name: string, version: GoVersion): RecordedProgram<Truth> {
  const path = join(tmpdir(), `goheap-${name}-${process.pid}-${version}.db`)
  const program = {
    idAt: (address: number) => {
      const object = program.extracted.finder.objectAt(address)
      if (object === NONE) throw new Error(`no object at 0x${address.toString(16)}`)
      return object + 1
    },
  } as RecordedProgram<Truth>
  beforeAll(async () => {
    const run = crashProgram(buildProgram(name, version), 'truth')
    program.truth = JSON.parse(readFileSync(join(run.folder, 'truth'), 'utf8'))
    program.extracted = await extractRun(run)
    await writeDatabase(analyse(program.extracted.heap), path, { force: true })
    program.db = HeapDb.open(path)
  })
  afterAll(() => {
    program.db.close()
    rmSync(path)
  })
  return program
}
