import { formatDuration } from '../../base/numbers.ts'
import { type ProgressSink, STAGES, type Stage } from '../../progress.ts'

const BAR_WIDTH = 24
const REDRAW_MS = 100
/** Beginning of the line, and erase to its end. ECMA-48. */
const CLEAR = '\r\x1b[K'

/** One line on a terminal that shows the stage, how far it is, and the time since the start. */
export class ProgressBar implements ProgressSink {
  readonly #stream: NodeJS.WriteStream
  readonly #start = performance.now()
  readonly #timer: NodeJS.Timeout
  #stage: Stage | undefined
  #done = 0
  #total = 0

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream
    // The clock runs on in stages that report nothing.
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS)
    this.#timer.unref()
  }

  update(stage: Stage, done: number, total: number): void {
    this.#stage = stage
    this.#done = done
    this.#total = total
  }

  /** Takes the line away. */
  finish(): void {
    clearInterval(this.#timer)
    this.#stream.write(CLEAR)
  }

  #draw(): void {
    if (this.#stage === undefined) return
    const seconds = (performance.now() - this.#start) / 1000
    const line = renderProgress(this.#stage, this.#done, this.#total, seconds)
    this.#stream.write(CLEAR + line.slice(0, (this.#stream.columns ?? 80) - 1))
  }
}

/** `[ 7/11] edges    [######------------------]  25 %  3.1 s` */
export function renderProgress(stage: Stage, done: number, total: number, seconds: number): string {
  const step = `[${String(STAGES.indexOf(stage) + 1).padStart(2)}/${STAGES.length}]`
  const share = total > 0 ? Math.min(1, done / total) : undefined
  const filled = Math.floor((share ?? 0) * BAR_WIDTH)
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`
  const percent = share === undefined ? '    ' : `${String(Math.floor(share * 100)).padStart(3)}%`
  return `${step} ${stage.padEnd(8)} ${bar} ${percent}  ${formatDuration(seconds)}`
}
