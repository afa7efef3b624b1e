import { statSync } from 'node:fs'

/**
 * Tells a file from another one that takes its place, and from itself once written to; undefined when it is gone. Answers of
 * two databases must not be mixed: the SQL console and each saved table open the file anew.
 */
export function identify(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : [stat.dev, stat.ino, stat.size, stat.mtimeNs].join(' ')
}
