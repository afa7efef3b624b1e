import { describe, expect, it } from 'vitest'
import { useRecorded } from '../oracle/recorded-program.ts'
import { because, chooseVersions, missingGo } from '../oracle/toolchain.ts'

/** What fixtures/programs/spare wrote. */
interface Truth {
  rooms: { label: string; address: number; elements: number; unused: number }[]
  oldMaps:
    | { label: string; len: number; slot: number; least: number; first: number; buckets: number[] }[]
    | null
  structs: { name: string; gaps: number; tail: number; best: number; values: number }[]
}

describe.each(chooseVersions('1.21.13', '1.24.13', '1.27.4'))('Go %s', (version) => {
  const reason = missingGo(version)
  describe.skipIf(reason)(`what the program leaves unused${because(reason)}`, () => {
    const program = useRecorded<Truth>('spare', version)

    /** The database's row of what lies at an address. */
    function at(address: number) {
      const id = program.idAt(address)
      const [[type, length, unused, used, value, size, header, padding]] = program.db.query(
        `SELECT t.name, o.length, s.unused_size, s.used_size, s.value_size, s.size, s.header_size, s.padding
         FROM objects o JOIN object_sizes s ON s.id = o.id LEFT JOIN types t ON t.id = o.type_id
         WHERE o.id = ${id}`,
      ).rows
      return { id, type, length, unused, used, value, size, header, padding }
    }

    it('is known to the byte: of slices, channels, and since Go 1.24 of the groups of maps', () => {
      const wrong: string[] = []
      for (const { label, address, elements, unused } of program.truth.rooms) {
        const row = at(address)
        const expected = unused < 0 ? null : unused
        const isOneArray = typeof row.type === 'string' && row.type.startsWith('[37]')
        const hasLength = elements === 0 || row.length === elements || isOneArray
        if (row.unused !== expected || !hasLength)
          wrong.push(
            `${label}: ${row.unused} of ${row.length} ${row.type} (${row.size}), not ${expected} of ${elements}`,
          )
        else if (
          expected !== null &&
          row.size !== Number(row.header) + Number(row.used) + expected + Number(row.padding)
        )
          wrong.push(`${label}: ${JSON.stringify(row)} does not add up`)
      }
      expect(wrong).toEqual([])
      expect(program.truth.rooms.length).toBeGreaterThan(1000)
      expect(program.truth.rooms.filter(({ unused }) => unused > 0).length).toBeGreaterThan(800)
    })

    it('of the buckets of old maps is all but what the map counts', () => {
      const wrong: string[] = []
      for (const { label, len, slot, least, first, buckets } of program.truth.oldMaps ?? []) {
        const objects = new Map(
          buckets.map((address) => [program.extracted.finder.objectAt(address), at(address)]),
        )
        let used = 0
        for (const { length, unused } of objects.values()) used += Number(length) * 8 - Number(unused) / slot
        const count = Number(at(first).length)
        const hasArray = least < 16 ? count === least : count >= least && count < least * 1.15
        if (used !== len || !hasArray)
          wrong.push(`${label}: ${used} slots in use, not ${len}; ${count} buckets, not ${least}`)
      }
      expect(wrong).toEqual([])
      const isOld = /^1\.2[123]\./.test(version)
      expect(program.truth.oldMaps?.length ?? 0).toBeGreaterThan(isOld ? 60 : -1)
    })

    it('within structs is padding, as reflect lays them out and their fields in a better order', () => {
      const sql = `SELECT t.name, gap_bytes, tail_bytes, best_size, live_values, padding_bytes, saved_bytes, size
        FROM type_padding JOIN types t ON t.id = type_id WHERE t.name GLOB 'main.[A-Z]*' ORDER BY t.name`
      const found = [...program.db.query(sql).rows]
      const sizes = new Map(found.map((row) => [row[0], Number(row[7])]))
      const expected = program.truth.structs
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, gaps, tail, best, values }) => {
          const size = sizes.get(name) ?? 0
          return [name, gaps, tail, best, values, values * (gaps + tail), values * (size - best), size]
        })
      // Tight has none.
      expect(found).toEqual(expected)
    })

    it('adds up over all objects: by type and in the memory account', () => {
      const number = (sql: string) => [...program.db.numbers(sql)][0][0]
      const sum = number('SELECT SUM(unused_bytes) FROM objects WHERE reachable')
      expect(sum).toBeGreaterThan(0)
      expect(number('SELECT SUM(unused_bytes) FROM type_totals')).toBe(sum)
      const key = 'heap.in-use.objects.reachable.values.unused'
      expect(number(`SELECT bytes FROM memory_account WHERE key = '${key}'`)).toBe(sum)
      expect(
        number(
          'SELECT COUNT(*) FROM object_sizes WHERE unused_size < 0 OR used_size < 0 OR unused_size > value_size',
        ),
      ).toBe(0)
    })
  })
})
