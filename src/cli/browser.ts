import { spawn } from 'node:child_process'
import { platform } from 'node:os'

/** Opens an address in the user's browser, if there is one: the address is printed as well. */
export function openBrowser(url: string): void {
  const [command, ...args] = openers[platform()] ?? ['xdg-open']
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true })
  // No browser, as on a server.
  child.on('error', () => {})
  child.unref()
}

const openers: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ['open'],
  // The empty text is the title that `start` takes a quoted address for.
  win32: ['cmd', '/c', 'start', ''],
}
