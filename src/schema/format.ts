/** What marks a file as goheap's; both stand in SQLite's header and are set by migrations/. */

/** PRAGMA application_id: 'gohp'. */
export const APPLICATION_ID = 0x676f6870
/** PRAGMA user_version. One more with every change that a reader of an older version would trip over. */
export const SCHEMA_VERSION = 1
/** Of a comparison that goheap diff writes: `ghdl`. */
export const DELTA_APPLICATION_ID = 0x6768646c
