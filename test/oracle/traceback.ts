/** What the runtime itself printed of a goroutine in a crash with GOTRACEBACK=crash. */
export interface PrintedGoroutine {
  goid: number
  /** What stands in brackets, up to the first comma: `running`, `chan receive`, ... */
  state: string
  isLocked: boolean
  frames: PrintedFrame[]
  createdBy: string | undefined
  createdByGoid: number | undefined
  createdAt: { file: string; line: number } | undefined
  /** Frames that were left out, and how many printed frames come before them. */
  elided: { after: number; count: number } | undefined
}

export interface PrintedFrame {
  function: string
  file: string
  line: number
  /** Frame bounds and pc; undefined for an inlined call. */
  place: { fp: number; sp: number; pc: number } | undefined
}

const HEADER = /^goroutine (\d+) .*\[([^\],]+)(,[^\]]*)?\]:$/
const CALL = /^(\S.*)\(.*\)$/
const POSITION = /^\t(.+):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x([0-9a-f]+) sp=0x([0-9a-f]+) pc=0x([0-9a-f]+))?$/
const ELIDED = /^\.\.\.(\d+) frames elided\.\.\.$/

/** Reads the goroutines of a crash's output; what the signal handlers of other threads print after it is left out. */
export function parseTraceback(text: string): PrintedGoroutine[] {
  const goroutines: PrintedGoroutine[] = []
  let current: PrintedGoroutine | undefined
  let call: string | undefined
  for (const line of text.split('\n-----\n')[0].split('\n')) {
    const header = HEADER.exec(line)
    if (header) {
      current = {
        goid: Number(header[1]),
        state: header[2],
        isLocked: header[3]?.includes('locked to thread') ?? false,
        frames: [],
        createdBy: undefined,
        createdByGoid: undefined,
        createdAt: undefined,
        elided: undefined,
      }
      goroutines.push(current)
      continue
    }
    if (current === undefined) continue
    const elided = ELIDED.exec(line)
    if (elided) current.elided = { after: current.frames.length, count: Number(elided[1]) }
    const position = POSITION.exec(line)
    if (position && call !== undefined) {
      const [fp, sp, pc] = position.slice(3).map((hex) => Number.parseInt(hex, 16))
      current.frames.push({
        function: call,
        file: position[1],
        line: Number(position[2]),
        place: Number.isNaN(fp) ? undefined : { fp, sp, pc },
      })
    }
    if (position && call === undefined && current.createdBy !== undefined) {
      current.createdAt ??= { file: position[1], line: Number(position[2]) }
    }
    const creator = /^created by (.*?)(?: in goroutine (\d+))?$/.exec(line)
    if (creator) {
      current.createdBy = creator[1]
      current.createdByGoid = creator[2] === undefined ? undefined : Number(creator[2])
    }
    call = creator ? undefined : CALL.exec(line)?.[1]
  }
  return goroutines
}

/** A function's name as tracebacks print it: type arguments left out. runtime/traceback.go, funcNameForPrint. */
export function printedName(name: string): string {
  const open = name.indexOf('[')
  const close = name.lastIndexOf(']')
  const shown = open >= 0 && close > open ? `${name.slice(0, open)}[...]${name.slice(close + 1)}` : name
  return shown === 'runtime.gopanic' ? 'panic' : shown
}
