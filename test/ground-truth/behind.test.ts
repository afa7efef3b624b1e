import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { NONE } from '../../src/model/types.ts'
import { compareTypes } from '../oracle/compare-truth.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import { because, buildProgram, crashProgram, GO_VERSIONS, missingGo } from '../oracle/toolchain.ts'
import { readTruth, type Truth } from '../oracle/truth.ts'

describe.each([...GO_VERSIONS])('what stands behind pointers of little type, Go %s', (version) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`against the program${because(reason)}`, () => {
    const minor = Number(version.split('.')[1])
    let truth: Truth
    let extracted: Extracted
    beforeAll(async () => {
      const run = crashProgram(buildProgram('behind', version), 'truth')
      truth = readTruth(join(run.folder, 'truth'))
      extracted = await extractRun(run)
    })

    it('every recorded object has its type', () => {
      const { wrong, unknown, count } = compareTypes(truth, extracted)
      expect(count).toBeGreaterThan(200)
      expect(wrong).toEqual([])
      expect(unknown).toEqual([])
    })

    it('the table of itabs holds as many as it says', () => {
      const [table, ...others] = objectsOfType(/^runtime\.itabTableType\[/)
      expect(others).toEqual([])
      const [size, count, ...entries] = wordsOf(table)
      expect(entries.slice(0, size).filter((entry) => entry !== 0)).toHaveLength(count)
      expect(count).toBeGreaterThan(2000)
      expect(lengthInName(table)).toBe(size)
    })

    it.skipIf(minor < 22)('caches of assertions hold types and their itabs', () => {
      const caches = objectsOfType(/^internal\/abi\.TypeAssertCache\[/)
      expect(caches.length).toBeGreaterThan(0)
      for (const cache of caches) expectCache(cache, { entryWords: 2, itabAt: 1 })
    })

    it.skipIf(minor < 22)('caches of type switches hold types, cases and itabs', () => {
      const caches = objectsOfType(/^internal\/abi\.InterfaceSwitchCache\[/)
      expect(caches.length).toBeGreaterThan(0)
      for (const cache of caches) expectCache(cache, { entryWords: 3, itabAt: 2 })
    })

    it.skipIf(minor < 23)('the entries of unique values lead to handles that lead to the values', () => {
      const values = new Set(
        [...truth.objects.values()].filter(({ label }) => label.startsWith('unique/')).map((o) => o.address),
      )
      const found = new Set<number>()
      for (const entry of objectsOfType(/^(unique|internal\/(sync|concurrent))\.entry\[/)) {
        for (const handle of wordsOf(entry)) {
          const [value] = extracted.finder.objectAt(handle) === NONE ? [0] : readWords(handle, 1)
          if (values.has(value)) found.add(value)
        }
      }
      expect(found.size).toBe(values.size)
    })

    it('descriptors of types that reflect made are what reflect allocates for them', () => {
      const named: Record<string, RegExp> = {
        struct: /^reflect\.structTypeUncommon$/,
        ptr: /^reflect\.ptrType$/,
        slice: /^reflect\.sliceType$/,
        array: /^internal\/abi\.ArrayType$/,
        chan: /^internal\/abi\.ChanType$/,
        map: /^(reflect\.mapType|internal\/abi\.(Swiss)?MapType)$/,
      }
      const made = [...truth.objects.values()].filter(({ label }) => label.startsWith('made/'))
      expect(made).toHaveLength(120)
      for (const { label, address } of made) {
        const [kind] = label.slice('made/'.length).split(' ')
        expect(typeNameAt(address), label).toMatch(named[kind])
      }
    })

    it('channels that only waiting goroutines lead to have the type of their elements', () => {
      const channels = [...truth.objects.values()].filter(({ label }) => label.startsWith('waited for/'))
      expect(channels.map(({ address }) => typeNameAt(address))).toEqual(
        Array(3).fill('hchan<map[string]*main.pair>'),
      )
    })

    // iter.Pull keeps what it captures in a nameless struct, which its own generic code alone names. iter/iter.go
    it.skipIf(minor < 25)('what generic code captures has the layout that it names', () => {
      const pulls = objectsOfType(/^struct \{ iter\.v go\.shape\.\S+; .*iter\.panicValue interface \{\} \}$/)
      const held = [...truth.objects.values()].filter(({ label }) => label.startsWith('pulled/'))
      expect(new Set(pulls.map((pull) => wordsOf(pull)[0]))).toEqual(new Set(held.map((o) => o.address)))
    })

    /** Entries: the address of a type, and that of an itab which begins with two words, the second of which is the type. */
    function expectCache(cache: number, { entryWords, itabAt }: { entryWords: number; itabAt: number }) {
      const [mask, ...words] = wordsOf(cache)
      expect(lengthInName(cache)).toBe(mask + 1)
      let used = 0
      for (let i = 0; i <= mask; i++) {
        const entry = words.slice(i * entryWords, (i + 1) * entryWords)
        if (entry[0] === 0) continue
        used++
        if (entry[itabAt] !== 0) expect(readWords(entry[itabAt], 2)[1]).toBe(entry[0])
      }
      // At most half full, and never empty. runtime/iface.go, buildTypeAssertCache
      expect(used).toBeGreaterThan(0)
      expect(used).toBeLessThanOrEqual((mask + 1) / 2)
    }

    function objectsOfType(name: RegExp): number[] {
      const { objects, types } = extracted.heap
      const found: number[] = []
      objects.type.forEach((type, object) => {
        if (type !== NONE && name.test(types.rows[type].name)) found.push(object)
      })
      return found
    }

    function typeNameAt(address: number): string {
      const { objects, types } = extracted.heap
      const object = extracted.finder.objectAt(address)
      const type = object === NONE ? NONE : objects.type[object]
      return type === NONE ? '' : types.rows[type].name
    }

    function lengthInName(object: number): number {
      const { objects, types } = extracted.heap
      return Number(/\[(\d+)\]$/.exec(types.rows[objects.type[object]].name)?.[1])
    }

    function wordsOf(object: number): number[] {
      const { objects, graph } = extracted.heap
      return readWords(objects.address[object], Math.floor(graph.size[object] / 8))
    }

    function readWords(address: number, count: number): number[] {
      return Array.from({ length: count }, (_, i) => extracted.core.memory.readWord(address + i * 8))
    }
  })
})
