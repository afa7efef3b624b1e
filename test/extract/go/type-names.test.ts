import { describe, expect, test } from 'vitest'
import { packageOfName, typeNameOf } from '../../../src/extract/go/type-names.ts'

describe('the name of a type in DWARF', () => {
  test.each([
    ['net/http.Header', 'net/http.Header'],
    ['*gopkg.in/yaml%2ev3.Node', '*gopkg.in/yaml.v3.Node'],
    ['crypto/internal/entropy/v1%2e0%2e0.source', 'crypto/internal/entropy/v1.0.0.source'],
    ['struct { A int "json:\\"100%25\\"" }', 'struct { A int "json:\\"100%25\\"" }'],
    ['noalg.map.group[string]int', 'map.group[string]int'],
    ['*noalg.[8]struct { key string; elem int }', '*[8]struct { key string; elem int }'],
    ['example.com/noalg.Type', 'example.com/noalg.Type'],
  ])('%s is written %s', (linked, name) => {
    expect(typeNameOf(linked)).toBe(name)
  })
})

describe('the package of a type', () => {
  test.each([
    ['net/http.Header', 'net/http'],
    ['main.T·1', 'main'],
    ['gopkg.in/yaml.v3.Node', 'gopkg.in/yaml.v3'],
    ['main.Pair[int,example.com/a/b.T]', 'main'],
    ['sync/atomic.Pointer[struct { x main.T }]', 'sync/atomic'],
    ['*net/http.Header', undefined],
    ['[]main.T', undefined],
    ['map[main.K]main.V', undefined],
    ['func(main.T) error', undefined],
    ['struct { main.x int }', undefined],
    ['chan main.T', undefined],
    ['int', undefined],
    ['unsafe.Pointer', undefined],
    ['map.group[string]main.T', undefined],
  ])('of %s is %s', (name, path) => {
    expect(packageOfName(name)).toBe(path)
  })
})
