import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, missingGcore, missingGo, waitUntil } from '../oracle/toolchain.ts'

const VERSION = '1.26.8'
const reason = missingGo(VERSION) ?? missingGcore()

test.skipIf(reason)(
  `cores of one process have one token, whatever its process id; that of another run differs${because(reason)}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'goheap-moments-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const binary = buildProgram('truth', VERSION)
    const tokens: unknown[] = []
    for (const run of ['first', 'second']) {
      const child = spawn(binary, [run, 'park'], { cwd: folder, stdio: 'ignore' })
      try {
        const record = () => readFileSync(join(folder, run), { encoding: 'utf8', flag: 'a+' })
        waitUntil(() => record().includes('"HeapAlloc"'), 'the program comes to wait, which')
        for (const moment of ['early', 'late']) {
          const prefix = join(folder, `${run}-${moment}`)
          execFileSync('gcore', ['-o', prefix, String(child.pid)], { stdio: 'ignore' })
          const { core, heap } = await extractRun({ core: `${prefix}.${child.pid}`, binary })
          core.close()
          rmSync(`${prefix}.${child.pid}`)
          tokens.push(heap.metadata.get('process_token'))
        }
      } finally {
        child.kill('SIGKILL')
      }
    }
    const [early, late, otherEarly, otherLate] = tokens
    expect(early).toMatch(/^[0-9a-f]{16}$/)
    expect([late, otherLate]).toEqual([early, otherEarly])
    expect(otherEarly).not.toBe(early)
  },
)
