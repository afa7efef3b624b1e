import { FaultError } from '../../errors.ts'

/** The value, or undefined when it lies in memory that the core does not hold. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof FaultError) return undefined
    throw error
  }
}
