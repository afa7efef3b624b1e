import { FaultError } from '../../errors.ts'
import type { Memory } from '../../extract/file/memory.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import type { TypeRow, TypeRows } from './type-rows.ts'

export interface MapEntry {
  key: { type: number; address: number }
  value: { type: number; address: number }
}

export interface MapContents {
  /** As the map counts them; undefined when that cannot be read. */
  count: number | undefined
  entries: MapEntry[]
  /** Places for entries; undefined when not known. */
  capacity: number
}

/** Is it what a map value points at: internal/runtime/maps.Map, or runtime.hmap before Go 1.24? */
export function isMapHeader(type: TypeRow): boolean {
  return /^(map|hash)</.test(type.name) && type.kind === 'struct'
}

/** A slot of a Swiss group is free or deleted when its control byte's high bit is set. internal/runtime/maps/group.go */
const EMPTY_OR_DELETED = 0x80
/** Smaller top bytes mark free and evacuated places of a bucket. runtime/map.go (map_noswiss.go), minTopHash */
const MIN_TOP_HASH = 5

/**
 * Entries of a map by its header's object: the groups or buckets that it leads to are found by their pointers, so that it
 * does not matter how they are laid out. Faults as Memory does.
 */
export function readMap(
  { db, types, memory }: MapSource,
  header: { id: number; type: TypeRow; address: number },
): MapContents {
  const counter = header.type.fields.find(({ name }) => name === 'used' || name === 'count')
  const contents: MapContents = {
    count: counter === undefined ? undefined : memory.readWord(header.address + counter.offset),
    entries: [],
    capacity: 0,
  }
  for (const { type, address, length } of findGroups({ db, types, memory }, header.id)) {
    for (let i = 0; i < length; i++) readGroup(memory, types, type, address + i * type.size, contents)
  }
  return contents
}

interface MapSource {
  db: HeapDb
  types: TypeRows
  memory: Memory
}

interface Groups {
  type: TypeRow
  address: number
  length: number
}

/** Objects of groups that the header leads to, through what only maps have: directories, tables, lists of buckets. */
function findGroups({ db, types, memory }: MapSource, header: number): Groups[] {
  const seen = new Set([header])
  const queue = [header]
  const groups: Groups[] = []
  const sql = `SELECT e.target_id, o.address, o.type_id, o.length, e.offset, s.type_id, s.address FROM edges e
    JOIN objects o ON o.id = e.target_id JOIN objects s ON s.id = e.source_id
    WHERE e.source_id = ? ORDER BY e.offset`
  for (const source of queue) {
    for (const [id, address, typeId, length, offset, sourceType, sourceAddress] of db.query(sql, [source])
      .rows) {
      const type = types.get(Number(typeId))
      const from = types.get(Number(sourceType))
      if (type === undefined || seen.has(Number(id))) continue
      if (from?.kind === 'map group' && !isOverflow(from, Number(offset))) continue
      if (type.kind === 'map group') {
        const count = countGroups({ types, memory }, from, Number(sourceAddress)) ?? Number(length)
        groups.push({ type, address: Number(address), length: count })
      } else if (
        !/^\**(table<|runtime\.(mapextra|bmap)\b|(\[\d*\])+\*?runtime\.bmap\b|\[\]\*runtime\.bmap)/.test(
          type.name,
        )
      )
        continue
      seen.add(Number(id))
      queue.push(Number(id))
    }
  }
  return groups.sort((a, b) => a.address - b.address)
}

/**
 * Groups of a Swiss map: its table says how many (groupsReference.lengthMask), a map without tables has one. What fits in
 * the slot may be more, and is not made to look empty. undefined for the buckets of old maps: unused ones are all zero.
 */
function countGroups(
  { types, memory }: Pick<MapSource, 'types' | 'memory'>,
  holder: TypeRow | undefined,
  address: number,
): number | undefined {
  if (holder?.name.startsWith('map<')) return 1
  const groups = holder?.fields.find(({ name }) => name === 'groups')
  const mask = types.get(groups?.type)?.fields.find(({ name }) => name === 'lengthMask')
  if (groups === undefined || mask === undefined) return undefined
  return memory.readWord(address + groups.offset + mask.offset) + 1
}

function isOverflow(group: TypeRow, offset: number): boolean {
  return group.fields.some((field) => field.name === 'overflow' && field.offset === offset % group.size)
}

function readGroup(
  memory: Memory,
  types: TypeRows,
  group: TypeRow,
  address: number,
  contents: MapContents,
): void {
  const field = (name: string) => group.fields.find((each) => each.name === name)
  const [control, slots] = [field('ctrl'), field('slots')]
  const [top, keys, elems] = [field('topbits'), field('keys'), field('elems')]
  if (control && slots) {
    const array = types.get(slots.type)
    const slot = types.get(array?.element)
    const [key, value] = ['key', 'elem'].map((name) => slot?.fields.find((each) => each.name === name))
    if (slot === undefined || key === undefined || value === undefined) return
    const places = array?.length ?? 0
    contents.capacity += places
    for (let i = 0; i < places; i++) {
      if ((memory.readU8(address + control.offset + i) & EMPTY_OR_DELETED) !== 0) continue
      const at = address + slots.offset + i * slot.size
      contents.entries.push({
        key: { type: key.type, address: at + key.offset },
        value: { type: value.type, address: at + value.offset },
      })
    }
  } else if (top && keys && elems) {
    const [keyType, valueType] = [keys, elems].map((part) => types.get(types.get(part.type)?.element))
    if (keyType === undefined || valueType === undefined) return
    const places = types.get(top.type)?.length ?? 0
    contents.capacity += places
    for (let i = 0; i < places; i++) {
      if (memory.readU8(address + top.offset + i) < MIN_TOP_HASH) continue
      contents.entries.push({
        key: { type: keyType.id, address: address + keys.offset + i * keyType.size },
        value: { type: valueType.id, address: address + elems.offset + i * valueType.size },
      })
    }
  } else throw new FaultError(address, `${group.name} is no group of a known layout`)
}
