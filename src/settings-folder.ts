import { homedir, platform } from 'node:os'
import { join } from 'node:path'

/** Where goheap keeps what is the user's own. */
export function settingsFolder(): string {
  const { XDG_CONFIG_HOME, APPDATA } = process.env
  const base = platform() === 'win32' && APPDATA ? APPDATA : XDG_CONFIG_HOME || join(homedir(), '.config')
  return join(base, 'goheap')
}
