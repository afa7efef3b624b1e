import { readObjectValues } from '../../../answers/inspect.ts'
import { GoheapError } from '../../../errors.ts'
import { type Answer, readInteger } from '../answer.ts'

/** Elements of arrays and entries of maps, structs within structs: what one page is to hold. */
const LIMITS = { elements: 100, depth: 3 }

/** The values of an object's parts, read from the core when it is at hand; `missing` says why there are none. */
export function answerValues(files: { core: string | undefined; binary: string | undefined }): Answer {
  return (db, params) => {
    try {
      return readObjectValues(db, readInteger(params, 'id'), { ...LIMITS, ...files })
    } catch (error) {
      // Files that changed or went since: the page shows all else.
      if (error instanceof GoheapError && error.code !== 'usage') {
        return { values: null, missing: error.message }
      }
      throw error
    }
  }
}
