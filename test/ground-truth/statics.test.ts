import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NONE } from '../../src/model/types.ts'
import { extractRun } from '../oracle/extracted.ts'
import {
  type BuildOptions,
  because,
  buildProgram,
  chooseVersions,
  crashProgram,
  missingC,
  missingGo,
} from '../oracle/toolchain.ts'

/** What fixtures/programs/statics wrote: what the compiler laid out in data, and objects that it holds. */
interface Static {
  name: string
  address: number
  size: number
  /** Type of the whole; '' where variables make different ones of it. */
  of: string
  buffers: number[] | null
  helds: number[] | null
}

/** Go's linker leaves no symbols of statics; that of C does, with their sizes. */
const LINKED: Readonly<Record<string, { options: BuildOptions; missing: () => string | undefined }>> = {
  'linked by Go': { options: {}, missing: () => undefined },
  'linked by C': { options: { cgo: true, flags: ['-ldflags=-linkmode=external'] }, missing: missingC },
}

describe.each(chooseVersions('1.21.13', '1.24.13', '1.27.4'))('Go %s', (version) => {
  describe.each(Object.keys(LINKED))('%s', (how) => {
    const { options, missing } = LINKED[how]
    const reason = missingGo(version) ?? missing()

    it.skipIf(reason)(
      `composite literals behind variables have types, and so has what they hold${because(reason)}`,
      async () => {
        const run = crashProgram(buildProgram('statics', version, options), 'truth')
        const truth: Static[] = JSON.parse(readFileSync(join(run.folder, 'truth'), 'utf8'))
        const { heap, finder, core } = await extractRun(run)
        core.close()
        const { rows } = heap.types
        const typeAt = (address: number) => {
          const type = heap.objects.type[finder.objectAt(address)]
          return type === NONE ? '' : rows[type].name
        }
        const wrong: string[] = []
        for (const { name, address, size, of, buffers, helds } of truth) {
          const root = heap.roots.address.indexOf(address)
          const type = root < 0 ? NONE : heap.roots.type[root]
          const found =
            type === NONE ? 'no type' : `${heap.roots.name[root]} ${heap.roots.size[root]} ${rows[type].name}`
          const expected = of === '' ? 'no type' : `${name} ${size} ${of}`
          if (found !== expected && root >= 0) wrong.push(`${found}, not ${expected}`)
          if (of === '') continue
          for (const buffer of buffers ?? []) {
            if (typeAt(buffer) !== 'uint8') wrong.push(`buffer of ${name}: ${typeAt(buffer)}`)
          }
          for (const held of helds ?? []) {
            if (typeAt(held) !== 'main.held') wrong.push(`held by ${name}: ${typeAt(held)}`)
          }
        }
        expect(wrong).toEqual([])
        expect(truth.filter(({ address }) => heap.roots.address.includes(address)).length).toBeGreaterThan(10)
      },
    )
  })
})
