import { readQuery } from '../../../index.ts'
import { type Answer, selectAll } from '../answer.ts'

const MOST = 20

/** What a text may mean: an address, the number of a node, part of the name of a type or of a root. */
export const answerSearch: Answer = (db, params) => {
  const text = (params.get('q') ?? '').trim()
  if (text === '') return { nodes: [], types: [] }
  const isAddress = /^0x[0-9a-f]{1,14}$/i.test(text)
  const nodes = isAddress
    ? Array.from(db.runQuery(readQuery('object-at'), { address: text }).rows, ([id]) => id).flatMap((id) =>
        selectAll(db, NODE, { id: Number(id) }),
      )
    : /^\d{1,15}$/.test(text)
      ? selectAll(db, NODE, { id: Number(text) })
      : selectAll(db, ROOTS, { like: likePattern(text), most: MOST })
  const types = isAddress ? [] : selectAll(db, TYPES, { like: likePattern(text), most: MOST })
  return { nodes, types }
}

const likePattern = (text: string) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`

const NODE = 'SELECT id, kind, label, retained_size FROM nodes WHERE id = :id'

const ROOTS = `
  SELECT id, kind, (SELECT n.label FROM nodes n WHERE n.id = r.id) AS label, retained_size FROM roots r
  WHERE kind IN ('global', 'goroutine') AND name LIKE :like ESCAPE '\\'
  ORDER BY retained_size DESC LIMIT :most`

const TYPES = `
  SELECT type_id, type, reachable_objects, reachable_bytes FROM histogram
  WHERE type_id IS NOT NULL AND type LIKE :like ESCAPE '\\' ORDER BY reachable_bytes DESC LIMIT :most`
