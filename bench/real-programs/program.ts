/** A program nobody here wrote, and how to fill its heap over loopback. */
export interface RealProgram {
  readonly name: string
  /** Package whose source is main.go of a module of our own that only starts the program. */
  readonly main: string
  /** Modules to require, `path@version`. */
  readonly requires: readonly string[]
  /** Go version that builds it. */
  readonly go: string
  /** Command line, given the run's own folder and a free block of ports. */
  args(folder: string, port: number): string[]
  /** URL that answers once the program is up. */
  readyUrl(port: number): string
  /** Loads the program until its heap has more than a million objects. */
  load(port: number): Promise<void>
  /** Base URL of net/http/pprof. */
  pprofUrl(port: number): string
}

/** What the runtime itself counts right after a forced collection. */
export interface RuntimeCounts {
  heapObjects: number
  heapAlloc: number
  goroutines: number
}

/** Forces a collection through net/http/pprof and reads the MemStats that the text form of the heap profile ends in. */
export async function collectAndCount(pprofUrl: string): Promise<RuntimeCounts> {
  // A connection of its own: the server may have dropped an idle one.
  const get = async (path: string) =>
    (await fetch(pprofUrl + path, { headers: { connection: 'close' } })).text()
  const text = await get('/heap?gc=1&debug=1')
  const read = (name: string) => {
    const match = new RegExp(`^# ${name} = (\\d+)$`, 'm').exec(text)
    if (!match) throw new Error(`no ${name} in the heap profile`)
    return Number(match[1])
  }
  const goroutines = await get('/goroutine?debug=1')
  return {
    heapObjects: read('HeapObjects'),
    heapAlloc: read('HeapAlloc'),
    goroutines: Number(/total (\d+)/.exec(goroutines)?.[1] ?? 0),
  }
}

/** Waits until the URL answers, at most a minute. */
export async function waitFor(url: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    try {
      await (await fetch(url)).arrayBuffer()
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  throw new Error(`nothing answers at ${url}`)
}
