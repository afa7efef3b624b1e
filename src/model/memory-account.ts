/**
 * Where the memory of a process is: a tree of sizes. The known sizes of a row's children add up to the row's own, with
 * a row for what could not be attributed where something is left.
 */
export interface AccountRow {
  /** Stable name within the tree, for programs: `heap.in-use`. */
  key: string
  /** Key of the row that this one is a part of; undefined for the first row, the process. */
  parent: string | undefined
  /** For people. */
  name: string
  /** undefined: not known. It then counts as nothing in the parent's sum. */
  bytes: number | undefined
  /** What it is, and the field of runtime.MemStats that counts the same. */
  note: string
}

/** Parents precede their children. */
export type MemoryAccount = readonly AccountRow[]

/** The row whose parts need types and reachability, so that they are added once these are known. */
export const OBJECTS_KEY = 'heap.in-use.objects'
