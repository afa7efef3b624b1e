import type { AnalysedHeap } from '../model/heap-graph.ts'
import { Progress } from '../progress.ts'
import { VERSION } from '../version.ts'
import { type FillMethod, fillDatabase } from './fill.ts'
import { sumGarbage } from './garbage.ts'
import { packGraph } from './graph-arrays.ts'
import { describeFileError, OutputFile } from './output-file.ts'
import { sumPadding } from './padding.ts'
import { sumPinned } from './pinned.ts'
import { rollUp } from './rollups/rollups.ts'
import { accountTable } from './rows/account.ts'
import { collectMetadata, mappingTable, metadataTable, moduleTable, problemTable } from './rows/facts.ts'
import { garbageTable } from './rows/garbage.ts'
import { graphArrayTable, shapeTable } from './rows/graph-arrays.ts'
import { mapKeyTable } from './rows/map-keys.ts'
import { edgeTable, objectTable, spanTable, typeTotalTable } from './rows/objects.ts'
import { rollupTables } from './rows/rollups.ts'
import { rootTables } from './rows/roots.ts'
import { stackTables } from './rows/stacks.ts'
import { duplicateStringTable, stringTable } from './rows/strings.ts'
import { paddingTables, typeTables } from './rows/types.ts'
import { duplicateArrayTables, pinnedTable, pinnedTotalTable, wasteTables } from './rows/waste.ts'
import { estimateStatistics } from './statistics.ts'
import { findDuplicateStrings } from './string-totals.ts'
import { sumTypes } from './totals.ts'
import { sumDuplicateArrays, sumWaste } from './waste.ts'
import type { TableRows } from './write-table.ts'

export interface WriteOptions {
  /** Replace an existing file. */
  force?: boolean
  /** Files that must not be written over. */
  inputs?: readonly string[]
  progress?: Progress
  /** sql: every row through SQLite itself. Slow: for tests, which hold `pages` against it. */
  method?: FillMethod
}

/**
 * Writes heap.db, complete or not at all: beside `path` first, then renamed over it.
 *
 * @throws GoheapError 'exists', 'usage' (`path` is an input), 'file' (unwritable, disk full), 'cancelled'
 */
export async function writeDatabase(
  analysed: AnalysedHeap,
  path: string,
  { force = false, inputs = [], progress = new Progress(), method = 'pages' }: WriteOptions = {},
): Promise<void> {
  progress.checkCancelled()
  const output = new OutputFile(path, { force, inputs })
  try {
    const statistics = estimateStatistics(analysed)
    await fillDatabase(output.temporary, { tables: listTables(analysed), statistics, method }, progress)
    progress.checkCancelled()
    output.publish()
  } catch (error) {
    output.discard()
    throw describeFileError(path, error)
  }
}

/** Every table with its rows, referenced tables before those that refer to them where that is possible. */
function listTables(analysed: AnalysedHeap): TableRows[] {
  const { heap } = analysed
  const { unused } = heap.waste
  const totals = sumTypes(analysed, unused)
  const garbage = sumGarbage(analysed)
  // Place 0 of the totals is for objects of unknown type.
  const padding = sumPadding(heap.types.rows, totals.reachableValues.subarray(1))
  const strings = findDuplicateStrings(analysed)
  const arrays = sumDuplicateArrays(analysed)
  const waste = sumWaste(analysed, { garbage, padding, strings, arrays })
  const problems = [...heap.problems]
  const rollups = rollUp(analysed)
  const { shapes, arrays: graphArrays } = packGraph(analysed)
  const metadata = collectMetadata(analysed, totals, { version: VERSION, indexedAt: new Date() })
  metadata.set('dominator_paths_min_size', rollups.paths.minSize)
  metadata.set('package_paths_min_size', rollups.packages.minSize)
  return [
    metadataTable(metadata),
    moduleTable(heap.modules),
    mappingTable(heap.mappings),
    ...typeTables(heap.types.rows, heap.modules, problems),
    ...stackTables(heap.allocationStacks),
    spanTable(heap.spans),
    objectTable(analysed, unused),
    typeTotalTable(totals),
    ...paddingTables(padding),
    garbageTable(garbage),
    edgeTable(analysed),
    ...rootTables(analysed),
    stringTable(heap.strings),
    ...(heap.mapKeys === undefined ? [] : [mapKeyTable(heap.mapKeys)]),
    duplicateStringTable(heap.strings, strings),
    ...duplicateArrayTables(heap, arrays),
    pinnedTable(heap.waste.pinned),
    pinnedTotalTable(sumPinned(analysed)),
    ...wasteTables(waste),
    ...rollupTables(rollups, heap.graph.objectCount + 1),
    accountTable(analysed, unused, problems),
    problemTable(problems),
    shapeTable(shapes),
    graphArrayTable(graphArrays),
  ]
}
