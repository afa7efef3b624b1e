import { GoheapError } from '../../errors.ts'
import type { Delta } from '../../schema/delta-file.ts'
import type { HeapDb } from '../../schema/heap-db.ts'
import { ASPECTS, type Aspect, type Measure, type Measures, measure } from './aspects.ts'

/**
 * What differs between heaps, from the first to the last. Of more than two: what retains more in every one than in the one
 * before. Rows that retain most more come first, those that lost most last; equal ones by name.
 *
 * @throws GoheapError 'usage' for fewer than two databases
 */
export function compareHeaps(dbs: readonly HeapDb[], aspects: readonly Aspect[] = ASPECTS): Delta[] {
  if (dbs.length < 2) throw new GoheapError('usage', 'two databases or more are compared')
  return aspects.flatMap((aspect) => {
    const measures = dbs.map((db) => measure(db, aspect))
    const keys = new Set(measures.flatMap(({ byKey }) => [...byKey.keys()]))
    return [...keys]
      .map((key) => makeDelta(aspect, key, measures))
      .filter(dbs.length === 2 ? isChanged : growsAlways)
      .sort(byGrowth)
  })
}

function makeDelta(aspect: Aspect, name: string, measures: readonly Measures[]): Delta {
  const series = measures.map(({ byKey, absent }) => byKey.get(name) ?? absent)
  const [old, now] = [series[0], series[series.length - 1]]
  const isNew = !measures[0].byKey.has(name)
  const isGone = !measures[measures.length - 1].byKey.has(name)
  return {
    aspect,
    name: addVersions(name, old, now),
    state: old === undefined || now === undefined ? 'unknown' : isNew ? 'new' : isGone ? 'gone' : 'changed',
    old_count: old?.count ?? null,
    new_count: now?.count ?? null,
    count_delta: subtract(now?.count, old?.count),
    old_size: old?.size ?? null,
    new_size: now?.size ?? null,
    size_delta: subtract(now?.size, old?.size),
    old_retained: old?.retained ?? null,
    new_retained: now?.retained ?? null,
    retained_delta: subtract(now?.retained, old?.retained),
    example_id: now?.example ?? null,
    series: series.map((each) => ({
      count: each?.count ?? null,
      size: each?.size ?? null,
      retained: each?.retained ?? null,
    })),
  }
}

/** `golang.org/x/net v0.1.0 -> v0.2.0` */
function addVersions(name: string, old: Measure | undefined, now: Measure | undefined): string {
  const versions = [old, now].flatMap((measure) => measure?.detail ?? [])
  return versions.length === 0 ? name : `${name} ${[...new Set(versions)].join(' -> ')}`
}

function subtract(now: number | null | undefined, old: number | null | undefined): number | null {
  return typeof now === 'number' && typeof old === 'number' ? now - old : null
}

function isChanged({ aspect, name, count_delta, size_delta, retained_delta, state }: Delta): boolean {
  if (state !== 'changed' || (aspect === 'module' && name.includes(' -> '))) return true
  return count_delta !== 0 || (size_delta ?? 0) !== 0 || (retained_delta ?? 0) !== 0
}

function growsAlways({ series }: Delta): boolean {
  return series.every(({ retained }, place) => {
    if (place === 0) return true
    const before = series[place - 1].retained
    return retained !== null && before !== null && retained > before
  })
}

/** What is not known in one of the heaps has no delta, and stands behind what has. */
function byGrowth(a: Delta, b: Delta): number {
  if ((a.retained_delta === null) !== (b.retained_delta === null)) return a.retained_delta === null ? 1 : -1
  const growth = (b.retained_delta ?? 0) - (a.retained_delta ?? 0)
  return (
    growth || (b.size_delta ?? 0) - (a.size_delta ?? 0) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  )
}
