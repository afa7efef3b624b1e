/** A program nobody here wrote: how to build it, and how to make it crash with a full heap. */
export type RealProgram = Server | Batch

interface Program {
  readonly name: string
  /** Modules to require, `path@version`. */
  readonly requires: readonly string[]
  /** Go version that builds it. */
  readonly go: string
  /** What is built: main.go of a module of our own that only starts the program, or a command's import path. */
  readonly source: { readonly main: string } | { readonly command: string }
}

/** One that is filled over loopback and counts when asked to, through net/http/pprof. */
export interface Server extends Program {
  /** Command line, given the run's own empty folder and a free block of ports. */
  args(folder: string, port: number): string[]
  readonly environment?: (folder: string) => Record<string, string>
  /** URL that answers once the program is up. */
  readyUrl(port: number): string
  /** Loads the program until its heap has more than a million objects. */
  load(port: number, folder: string): Promise<void>
  /** Base URL of net/http/pprof. */
  pprofUrl(port: number): string
}

/** One that ends by itself, but for a file that is added to its package: it counts and crashes in the midst of the work. */
export interface Batch extends Program {
  readonly source: {
    readonly command: string
    readonly added: { readonly name: string; readonly text: string }
  }
  /** Command line; `go` runs the go command of the program's version and gives its output. */
  args(folder: string, go: (...args: string[]) => string): string[]
  readonly environment: (folder: string) => Record<string, string>
}

/** What the runtime itself counts right after a forced collection. */
export interface RuntimeCounts {
  heapObjects: number
  heapAlloc: number
  goroutines: number
}

/** facts.json beside a core. */
export interface Facts {
  program: string
  requires: readonly string[]
  go: string
  /** Of the kernel's core. */
  beforeAbort: RuntimeCounts
  /** Of gcore's, where one was taken. */
  beforeGcore?: RuntimeCounts
}

/** Forces a collection through net/http/pprof and reads what the runtime counts then. */
export async function collectAndCount(pprofUrl: string): Promise<RuntimeCounts> {
  const stats = await readMemStats(pprofUrl, { collect: true })
  const goroutines = await getText(`${pprofUrl}/goroutine?debug=1`)
  return {
    heapObjects: stats('HeapObjects'),
    heapAlloc: stats('HeapAlloc'),
    goroutines: Number(/total (\d+)/.exec(goroutines)?.[1] ?? 0),
  }
}

/**
 * Waits until the program allocates little beside what asking it costs: what it began has come to its end. Some never
 * rest: of those the count and the core that follows at once still are of nearly the same moment.
 */
export async function waitUntilQuiet(pprofUrl: string): Promise<void> {
  const mallocs = async () => (await readMemStats(pprofUrl, { collect: false }))('Mallocs')
  let perSecond = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < QUIET_ATTEMPTS; attempt++) {
    const [first, second] = [await mallocs(), await mallocs()]
    const started = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const third = await mallocs()
    const asking = second - first
    perSecond = ((third - second - asking) * 1000) / (performance.now() - started)
    if (perSecond < QUIET_MALLOCS) return
  }
  console.log(`it goes on allocating: ${Math.round(perSecond)} objects a second`)
}

const QUIET_MALLOCS = 50_000
const QUIET_ATTEMPTS = 90

/** The MemStats that the text form of the heap profile ends in, by name. */
async function readMemStats(
  pprofUrl: string,
  { collect }: { collect: boolean },
): Promise<(name: string) => number> {
  const text = await getText(`${pprofUrl}/heap?${collect ? 'gc=1&' : ''}debug=1`)
  return (name) => {
    const match = new RegExp(`^# ${name} = (\\d+)$`, 'm').exec(text)
    if (!match) throw new Error(`no ${name} in the heap profile`)
    return Number(match[1])
  }
}

/** Over a connection of its own: the server may have dropped an idle one. */
async function getText(url: string): Promise<string> {
  return (await fetch(url, { headers: { connection: 'close' } })).text()
}

/** Counts that a Batch printed before its crash: `counted OBJECTS BYTES GOROUTINES`. */
export function readCounts(log: string): RuntimeCounts {
  const match = /^counted (\d+) (\d+) (\d+)$/m.exec(log)
  if (!match) throw new Error(`the program did not come so far as to count: ${log.slice(0, 2000)}`)
  const [heapObjects, heapAlloc, goroutines] = match.slice(1).map(Number)
  return { heapObjects, heapAlloc, goroutines }
}

/** Waits until the URL answers, at most a minute. */
export async function waitFor(url: string): Promise<void> {
  await waitUntil(url, async () => {
    try {
      await (await fetch(url)).arrayBuffer()
      return true
    } catch {
      return false
    }
  })
}

/** Asks every tenth of a second, at most five minutes. */
export async function waitUntil(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 3000; attempt++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`in five minutes: no ${what}`)
}
