"""Reads every table and view of a heap.db by DuckDB and by sqlite3: compare-duckdb.py HEAP.DB

Prints JSON: for each, its rows and whether they are equal, values and their types; the types of the columns of objects.
Exit code 3 when DuckDB has no SQLite extension here.
"""
import json
import sqlite3
import sys
from pathlib import Path

import duckdb

path = sys.argv[1]
duck = duckdb.connect()
try:
    duck.execute("INSTALL sqlite; LOAD sqlite")
except duckdb.Error as download:
    try:
        import duckdb_extension_sqlite_scanner as packaged

        (extension,) = Path(packaged.__file__).parent.rglob("sqlite_scanner.duckdb_extension")
        duck.execute(f"LOAD '{extension}'")
    except (ImportError, ValueError, duckdb.Error):
        print(str(download).splitlines()[0], file=sys.stderr)
        sys.exit(3)
duck.execute(f"ATTACH '{path}' AS heap (TYPE sqlite, READ_ONLY)")
lite = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
tables = {}
for (name,) in lite.execute(
    "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
).fetchall():
    expected = sorted(map(repr, lite.execute(f"SELECT * FROM {name}")))
    try:
        found = sorted(map(repr, duck.execute(f"SELECT * FROM heap.{name}").fetchall()))
        tables[name] = {"rows": len(expected), "equal": found == expected}
    except duckdb.Error as error:
        tables[name] = {"rows": len(expected), "error": str(error)}
METADATA = "SELECT key, CAST(value AS TEXT) AS value FROM metadata ORDER BY key"
metadata = duck.execute(f"SELECT * FROM sqlite_query('heap', '{METADATA}')").fetchall()
types = duck.execute(
    "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'heap' AND table_name = 'objects'"
)
print(
    json.dumps(
        {
            "tables": tables,
            "types": sorted({kind for _, kind in types.fetchall()}),
            "metadata": metadata == lite.execute(METADATA).fetchall(),
        }
    )
)
