/**
 * Takes the figures of docs/accuracy.md again: npm run accuracy -- FOLDER...
 *
 * Each folder has `core` and `binary` of a Go program, and `facts.json` with what the runtime counted right after a
 * forced collection, as `node bench/real-programs/run.ts` leaves them. GOHEAP_PEERS names a folder with other readers
 * of Go cores (`viewcore-mended`, `viewcore`, `grf`) to print beside; those that are missing are left out, and the page
 * says so. Exit code 1 when a program misses the bar.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Facts, RuntimeCounts } from '../bench/real-programs/program.ts'
import { type Found, findPeers, goheap, type Reader, runTimed } from '../bench/real-programs/readers.ts'
import { type Cell, HeapDb, verify } from '../src/index.ts'

const PAGE = fileURLToPath(new URL('../docs/accuracy.md', import.meta.url))
/** Share of reachable bytes and objects that have to have a type. */
const BAR = { bytes: 0.995, objects: 0.99 }
const GROUPS = 8
/** Of the allocator of small values without pointers. runtime/malloc.go, maxTinySize */
const TINY_SLOT = 16

const folders = process.argv.slice(2)
if (folders.length === 0) {
  console.error('usage: npm run accuracy -- FOLDER... (as node bench/real-programs/run.ts leaves them)')
  process.exit(2)
}
const missing: string[] = []
const peers = findPeers(process.env.GOHEAP_PEERS, (line) => missing.push(line))
for (const line of missing) console.error(`${line} (GOHEAP_PEERS=FOLDER)`)
const sections = folders.map(describeProgram)
writeFileSync(PAGE, [introduce(), ...sections, ''].join('\n'))
console.error(`written: ${PAGE}`)

function describeProgram(folder: string): string {
  const [core, binary] = [join(folder, 'core'), join(folder, 'binary')]
  const facts: Facts = JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8'))
  const scratch = mkdtempSync(join(tmpdir(), 'goheap-accuracy-'))
  try {
    console.error(`${facts.program}: goheap`)
    const run = runTimed(goheap.command(core, binary, scratch))
    if (run.status !== 0) throw new Error(`goheap fails on ${basename(folder)}: ${run.errors}`)
    const path = join(scratch, 'heap.db')
    const db = HeapDb.open(path)
    const metadata = db.metadata()
    const figure = (key: string) => Number(metadata.get(key))
    const found: Found = {
      objects: figure('reachable_objects'),
      bytes: figure('reachable_bytes'),
      typed: { objects: figure('typed_reachable_objects'), bytes: figure('typed_reachable_bytes') },
    }
    const rows = [readerRow('goheap', facts.beforeAbort, { ...run, found })]
    for (const peer of peers) rows.push(runPeer(peer, core, binary, facts.beforeAbort))
    const groups = untypedGroups(db)
    db.close()
    console.error(`${facts.program}: verify`)
    const checks = [...verify(path, { source: { core, binary } })]
    const passed = checks.filter(({ verdict }) => verdict === 'pass').length
    for (const check of checks.filter(({ verdict }) => verdict === 'fail')) console.error(check)
    if (passed < checks.length || !meetsBar(found)) process.exitCode = 1
    const { heapObjects, heapAlloc } = facts.beforeAbort
    return [
      `## ${facts.requires.length > 0 ? facts.requires.join(', ') : `${facts.program} of go${facts.go}`}`,
      '',
      `${metadata.get('go_version')}, core of ${count(figure('core_size'))} bytes. Right after the forced collection the`,
      `runtime counted ${count(heapObjects)} objects of ${count(heapAlloc)} bytes. Of the checks of \`goheap verify\`, with`,
      `core and binary, ${passed} of ${checks.length} pass.`,
      '',
      '| reader | reachable objects | | reachable bytes | | bytes typed | objects typed | time | memory |',
      '|---|--:|--:|--:|--:|--:|--:|--:|--:|',
      ...rows,
      '',
      ...groups,
    ].join('\n')
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function runPeer(peer: Reader, core: string, binary: string, counted: RuntimeCounts): string {
  console.error(`  ${peer.name}`)
  const scratch = mkdtempSync(join(tmpdir(), 'goheap-accuracy-'))
  try {
    const run = runTimed(peer.command(core, binary, scratch))
    const found = run.status === 0 ? peer.read(run.output, scratch) : undefined
    return readerRow(peer.name, counted, { ...run, found })
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function readerRow(
  name: string,
  counted: RuntimeCounts,
  run: { found: Found | undefined; seconds: number; peakMiB: number | undefined },
): string {
  const { found, seconds, peakMiB } = run
  const cost = [`${seconds.toFixed(1)} s`, peakMiB === undefined ? '' : `${count(Math.round(peakMiB))} MiB`]
  if (found === undefined) return row(name, 'fails', '', '', '', '', '', ...cost)
  return row(
    name,
    count(found.objects),
    signed(found.objects / counted.heapObjects - 1),
    count(found.bytes),
    signed(found.bytes / counted.heapAlloc - 1),
    found.typed ? percent(found.typed.bytes / found.bytes) : 'not told',
    found.typed ? percent(found.typed.objects / found.objects) : 'not told',
    ...cost,
  )
}

function meetsBar({ objects, bytes, typed }: Found): boolean {
  return typed !== undefined && typed.bytes / bytes >= BAR.bytes && typed.objects / objects >= BAR.objects
}

/** What has no type, by slot and by what holds it on the shortest path from a root. */
function untypedGroups(db: HeapDb): string[] {
  const { rows } = db.query(
    `WITH untyped AS (
       SELECT o.id, o.size, s.noscan, o.parent_id FROM objects o JOIN spans s ON s.id = o.span_id
       WHERE o.reachable AND o.type_id IS NULL
     ),
     held AS (
       SELECT u.size, u.noscan, n.kind, n.label, n.type_id,
         CASE WHEN n.kind = 'object' THEN (
           SELECT MIN(e.offset) FROM edges e WHERE e.source_id = u.parent_id AND e.target_id = u.id
         ) END AS offset,
         u.parent_id AS source
       FROM untyped u JOIN nodes n ON n.id = u.parent_id
     ),
     -- source is that of the row with the least offset.
     grouped AS (
       SELECT COUNT(*) AS objects, SUM(size) AS bytes, size, noscan, kind,
         CASE WHEN kind IN ('object', 'global') THEN label END AS label, type_id, MIN(offset) AS offset, source
       FROM held GROUP BY size, noscan, kind, type_id,
         -- Elements of an array are alike.
         CASE WHEN kind = 'global' THEN label
           WHEN type_id IS NOT NULL THEN offset % (SELECT MAX(1, t.size) FROM types t WHERE t.id = type_id) END
       ORDER BY bytes DESC, objects DESC, size LIMIT ${GROUPS}
     )
     SELECT objects, bytes, size, noscan, kind, label, type_id, (
       SELECT path FROM pointers p WHERE p.source_id = g.source AND p.offset = g.offset
     )
     FROM grouped g ORDER BY bytes DESC, objects DESC, size`,
  )
  const groups = [...rows].map(([objects, bytes, size, noscan, kind, label, type, path]) =>
    row(
      count(bytes),
      count(objects),
      count(size),
      noscan === 1 ? 'no' : 'yes',
      holder(kind, label, type, path),
      reason(Number(size), noscan === 1, kind === 'object' ? type : null),
    ),
  )
  if (groups.length === 0) return ['Every reachable object has a type.', '']
  return [
    'What has no type, heaviest groups first:',
    '',
    '| bytes | objects | slot | pointers | held by | why no type |',
    '|--:|--:|--:|---|---|---|',
    ...groups,
    '',
  ]
}

function holder(kind: Cell, label: Cell, type: Cell, path: Cell): string {
  if (kind !== 'object') {
    const name = kind === 'global' ? `\`${label}\`` : `a ${kind}`
    return `${name}, ${type === null ? 'whose type is not known' : 'whose type does not tell'}`
  }
  if (type === null) return 'an object that has no type itself'
  return path === null ? `\`${label}\`` : `\`${path}\` of \`${label}\``
}

/** docs/typing.md has the rules. */
function reason(slot: number, isNoscan: boolean, holderType: Cell): string {
  if (holderType === null) return 'nothing says what the holder holds'
  if (isNoscan && slot === TINY_SLOT) return 'several small values may share the slot'
  return 'the pointer may lead to a part of something larger'
}

function introduce(): string {
  return [
    '# Accuracy on real programs',
    '',
    '<!-- Made by scripts/accuracy.ts (npm run accuracy); edits by hand are lost. -->',
    '',
    'What goheap makes of cores of programs that nobody here wrote, beside what the Go runtime itself counted and what',
    'other readers of Go cores find. Programs are built, loaded and made to crash by `bench/real-programs`.',
    '',
    '- **reachable objects, bytes**: with the difference from `HeapObjects` and `HeapAlloc` of runtime.MemStats right after',
    '  a forced collection. The program runs on before it crashes, so that objects come and go: few where it idles.',
    '  A program that works on (gopls) lets go of some per cent of its heap; that the readers agree on how much shows it.',
    '- **typed**: reachable objects with a known type, by number and by bytes. goheap holds each type against the',
    '  collector’s own pointer bits; whether a type that another reader names is right was not looked at.',
    '- **time, memory**: of one run on the machine at hand, wall clock and peak; goheap’s includes dominators, retained',
    '  sizes and writing the database, which the other readers do not do.',
    '',
    `The bar: ${percent(BAR.bytes)} of the bytes and ${percent(BAR.objects)} of the objects typed.`,
    ...missing.map((line) => `\nOn this run ${line}.`),
    '',
    'To take the figures again: `node bench/real-programs/run.ts --folder F` makes F/etcd, F/nats and the others, then',
    '`npm run accuracy -- F/*`; `GOHEAP_PEERS` names a folder with the other readers.',
    '',
  ].join('\n')
}

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`
}

function count(value: Cell): string {
  return Number(value).toLocaleString('en-US')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

function signed(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(3)} %`
}
