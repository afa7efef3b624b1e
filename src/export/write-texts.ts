import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GoheapError } from '../errors.ts'
import { OutputFile, withFileErrors } from '../schema/output-file.ts'

/**
 * Writes files, name -> text, to a folder that is made when it is missing: all of them or none.
 *
 * @throws GoheapError 'exists' (one of them, without `force`), 'file'
 */
export function writeTexts(
  folder: string,
  texts: Record<string, string>,
  { force }: { force: boolean },
): void {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new GoheapError('file', `${folder} is not a folder`)
  }
  withFileErrors(folder, () => mkdirSync(folder, { recursive: true }))
  const files: OutputFile[] = []
  try {
    for (const [name, text] of Object.entries(texts)) {
      const file = new OutputFile(join(folder, name), { force, inputs: [] })
      files.push(file)
      withFileErrors(file.target, () => writeFileSync(file.temporary, text))
    }
    for (const file of files) file.publish()
  } finally {
    for (const file of files) file.discard()
  }
}
