import { expect, test } from 'vitest'
import { FieldNames } from '../../src/answers/field-names.ts'
import { useLeaky } from './leaky.ts'

const leaky = useLeaky()

test('fields are called as in the views of pointers, but for places in arrays and keys of maps', () => {
  const names = new FieldNames(leaky.db)
  const rows = leaky.db.query(
    `SELECT p.source_id, s.type_id, s.length, p."offset", p.path FROM pointers p JOIN objects s ON s.id = p.source_id
     WHERE NOT EXISTS (SELECT 1 FROM map_keys k WHERE k.object_id = p.source_id AND k."offset" = p."offset")
       AND s.type_id IS NOT NULL AND p."offset" < s.length * (SELECT size FROM types t WHERE t.id = s.type_id)
     UNION ALL
     SELECT p.root_id, r.type_id, 1, p."offset", p.path FROM root_pointers p JOIN roots r ON r.id = p.root_id
     WHERE r.type_id IS NOT NULL`,
  ).rows
  const [different, found] = [[] as unknown[], new Set<string>()]
  for (const [source, type, length, offset, path] of rows) {
    const name = names.find(Number(type), Number(offset), Number(length) > 1)
    const expected = path === null ? undefined : String(path).replace(/\[\d+\]/g, '[…]')
    if (name !== expected) different.push([source, type, offset, name, path])
    if (name !== undefined) found.add(name)
  }
  expect(different).toEqual([])
  expect(found.size).toBeGreaterThan(150)
})

test('what is not known has no name', () => {
  const names = new FieldNames(leaky.db)
  expect(names.find(0, 0)).toBeUndefined()
  expect(names.find(999_999_999, 8)).toBeUndefined()
})
