import { readFileSync } from 'node:fs'

/** What a fixture program says it allocated: see fixtures/programs/record/record.go. */
export interface Truth {
  readonly goVersion: string
  readonly objects: ReadonlyMap<string, TruthObject>
  readonly edges: readonly TruthEdge[]
  readonly idoms: readonly TruthIdom[]
  readonly roots: readonly TruthRoot[]
  readonly facts: ReadonlyMap<string, number>
}

export interface TruthObject {
  label: string
  address: number
  /** Bytes asked for. */
  bytes: number
  /** Type of one element, and how many; undefined when the program has no name for it. */
  type: string | undefined
  length: number | undefined
  /** Reachable; dropped after the last collection; dropped before it. */
  state: 'live' | 'garbage' | 'freed'
}

export interface TruthEdge {
  from: string
  /** For messages: the path of the field. */
  path: string
  offset: number
  to: string
}

export interface TruthIdom {
  of: string
  /** Label of an object, `global NAME`, or '' when only the root set as a whole holds the object. */
  idom: string
  /** Objects, itself included. */
  retained: number
}

/** A variable of a function on some goroutine's stack holds the object. */
export interface TruthRoot {
  label: string
  function: string
  /** '' when it has no name of its own. */
  variable: string
}

type Line =
  | ({ record: 'object' } & TruthObject)
  | ({ record: 'edge' } & TruthEdge)
  | ({ record: 'idom' } & TruthIdom)
  | ({ record: 'root' } & TruthRoot)
  | { record: 'fact'; name: string; value: number }
  | { record: 'program'; go: string; pid: number }

export function readTruth(path: string): Truth {
  const objects = new Map<string, TruthObject>()
  const edges: TruthEdge[] = []
  const idoms: TruthIdom[] = []
  const roots: TruthRoot[] = []
  const facts = new Map<string, number>()
  let goVersion = ''
  for (const text of readFileSync(path, 'utf8').split('\n')) {
    if (text === '') continue
    const line: Line = JSON.parse(text)
    switch (line.record) {
      case 'object':
        if (objects.has(line.label)) throw new Error(`two objects are labelled ${line.label}`)
        objects.set(line.label, line)
        break
      case 'edge':
        edges.push(line)
        break
      case 'idom':
        idoms.push(line)
        break
      case 'root':
        roots.push(line)
        break
      case 'fact':
        facts.set(line.name, line.value)
        break
      case 'program':
        goVersion = line.go
    }
  }
  return { goVersion, objects, edges, idoms, roots, facts }
}
