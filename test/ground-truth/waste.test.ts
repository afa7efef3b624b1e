import { describe, expect, it } from 'vitest'
import { useRecorded } from '../oracle/recorded-program.ts'
import { because, chooseVersions, missingGo } from '../oracle/toolchain.ts'

/** Without and with malloc headers. */
const VERSIONS = chooseVersions('1.21.13', '1.27.4')

/** What fixtures/programs/waste wrote. */
interface Truth {
  pins: { label: string; address: number; offset: number; size: number; copy: number }[]
  groups: { label: string; length: number; addresses: number[] }[]
  smalls: { address: number; size: number }[]
}

describe.each(VERSIONS)('Go %s', (version) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`what the program wastes${because(reason)}`, () => {
    const program = useRecorded<Truth>('waste', version)

    const rows = (sql: string) => [...program.db.query(sql).rows]

    it('by parts of arrays that keep all of them, with the slot that a copy would take', () => {
      const pinned = new Map(
        rows(
          `SELECT object_id, shown_offset, shown_size, o.size - saved_size
           FROM pinned_arrays JOIN objects o ON o.id = object_id`,
        ).map(([id, ...figures]) => [id, figures]),
      )
      const wrong = program.truth.pins.flatMap(({ label, address, offset, size, copy }) => {
        const expected = copy === 0 ? undefined : [offset, size, copy]
        const found = pinned.get(program.idAt(address))
        return JSON.stringify(found) === JSON.stringify(expected) ? [] : [{ label, expected, found }]
      })
      expect(wrong).toEqual([])
      expect(program.truth.pins.filter(({ copy }) => copy > 0).length).toBeGreaterThan(150)
    })

    it('by equal arrays, whatever their capacities', () => {
      const groups = new Map<unknown, unknown[]>()
      for (const [id, duplicate] of rows(
        'SELECT object_id, duplicate_id FROM array_copies ORDER BY object_id',
      ))
        groups.set(duplicate, [...(groups.get(duplicate) ?? []), id])
      const sets = new Map([...groups].map(([duplicate, ids]) => [JSON.stringify(ids), duplicate]))
      const missing = program.truth.groups.filter(({ addresses }) => {
        return !sets.has(JSON.stringify(addresses.map(program.idAt).sort((a, b) => a - b)))
      })
      expect(missing).toEqual([])
      for (const { addresses, length } of program.truth.groups) {
        const ids = addresses.map(program.idAt).sort((a, b) => a - b)
        const sizes = rows(`SELECT size FROM objects WHERE id IN (${ids})`).map(([size]) => Number(size))
        const wasted = sizes.reduce((sum, size) => sum + size, 0) - Math.max(...sizes)
        const id = Number(sets.get(JSON.stringify(ids)))
        expect(rows(`SELECT length, copies, wasted_bytes FROM duplicate_arrays WHERE id = ${id}`)).toEqual([
          [length, ids.length, wasted],
        ])
      }
      const sum = rows('SELECT SUM(wasted_bytes) FROM duplicate_arrays')[0][0]
      expect(rows("SELECT SUM(bytes) FROM waste_totals WHERE kind = 'duplicate arrays'")).toEqual([[sum]])
    })

    it('by what dead small values leave of the slots that they share with others', () => {
      const { tiny } = program.extracted.heap.waste
      const unseen = new Map(Array.from(tiny.object, (object, row) => [object + 1, tiny.unseen[row]]))
      const seen = new Map<number, number>()
      for (const { address, size } of program.truth.smalls) {
        const id = program.idAt(address)
        const at = address - program.extracted.heap.objects.address[id - 1]
        seen.set(id, (seen.get(id) ?? 0) | (((1 << size) - 1) << at))
      }
      const wrong = [...seen].flatMap(([id, bits]) => {
        const own = 16 - bits.toString(2).replaceAll('0', '').length
        return unseen.get(id) === own ? [] : [{ id, own, found: unseen.get(id) }]
      })
      expect(wrong).toEqual([])
      expect(seen.size).toBeGreaterThan(1000)
    })
  })
})
