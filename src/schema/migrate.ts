import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type Database from 'better-sqlite3'
import type { Migration, MigrationProvider } from 'kysely'

/** migrations/ of the source tree and of the published package: both lie two folders above this file. */
const MIGRATIONS_FOLDER = fileURLToPath(new URL('../../migrations/', import.meta.url))

/**
 * Applies every migration to an open database, in the order of their names. A finished database is never migrated
 * further: a core is indexed again in seconds, so the migrations record how the schema came about.
 */
export async function migrate(database: Database.Database, folder = MIGRATIONS_FOLDER): Promise<void> {
  // kysely is hundreds of modules: readers of a database never load it.
  const { Kysely, Migrator, SqliteDialect } = await import('kysely')
  database.exec(LEDGER)
  const migrator = new Migrator({
    db: new Kysely({ dialect: new SqliteDialect({ database }) }),
    provider: new SqlFolder(database, folder),
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  })
  const { error } = await migrator.migrateToLatest()
  if (error !== undefined) throw error
  database.exec('DROP TABLE migrations_lock')
}

/** What kysely would make without STRICT: its list of migrations, and its lock. */
const LEDGER = `
CREATE TABLE migrations (
  -- Migrations that made this schema.
  name TEXT NOT NULL PRIMARY KEY, -- file in migrations/, without .sql
  timestamp TEXT NOT NULL         -- when it was applied
) STRICT;
CREATE TABLE migrations_lock (id TEXT NOT NULL PRIMARY KEY, is_locked INTEGER NOT NULL DEFAULT 0) STRICT;
`

/** Gives kysely the .sql files of a folder as migrations. Each runs in the migrator's transaction. */
class SqlFolder implements MigrationProvider {
  readonly #database: Database.Database
  readonly #folder: string
  constructor(database: Database.Database, folder: string) {
    this.#database = database
    this.#folder = folder
  }
  async getMigrations(): Promise<Record<string, Migration>> {
    const migrations: Record<string, Migration> = {}
    for (const file of readdirSync(this.#folder).filter((name) => name.endsWith('.sql'))) {
      const sql = readFileSync(`${this.#folder}/${file}`, 'utf8')
      // kysely runs one statement at a time; a file has many. It is the same connection.
      migrations[file.slice(0, -'.sql'.length)] = { up: async () => void this.#database.exec(sql) }
    }
    return migrations
  }
}
