import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ForgottenLine } from './leaks/leak.ts'
import type { RealProgram } from './program.ts'

/** Runs the go command of a version and gives its output. */
export function goCommand(version: string, cwd?: string): (...args: string[]) => string {
  const env = { ...process.env, GOTOOLCHAIN: `go${version}` }
  return (...args) =>
    execFileSync('go', args, {
      cwd,
      env,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
}

/** Builds the program through the Go module proxy into `folder`/binary, unless it is there; without a line, if one is named. */
export function build(program: RealProgram, folder: string, forgotten?: ForgottenLine): string {
  const work = join(folder, 'src')
  const binary = join(folder, 'binary')
  if (existsSync(binary)) return binary
  mkdirSync(work, { recursive: true })
  writeFileSync(join(work, 'go.mod'), `module example.com/real/${program.name}\n\ngo ${program.go}\n`)
  const go = goCommand(program.go, work)
  const { source } = program
  if ('main' in source) writeFileSync(join(work, 'main.go'), source.main)
  for (const module of program.requires) go('get', module)
  if ('main' in source) {
    go('mod', 'tidy')
    if (forgotten !== undefined) leaveOut(forgotten, go, work)
    go('build', '-trimpath', '-o', binary, '.')
  } else if ('added' in source) {
    go('build', '-overlay', overlay(source, go, work), '-o', binary, source.command)
  } else go('build', '-o', binary, source.command)
  return binary
}

/** Leaves a line out of a package, in a copy of it that the go command prefers. */
function leaveOut(
  { package: name, file, after, line }: ForgottenLine,
  go: (...args: string[]) => string,
  work: string,
): void {
  go('mod', 'vendor')
  const path = join(work, 'vendor', name, file)
  const text = readFileSync(path, 'utf8')
  const start = text.indexOf(after)
  const at = text.indexOf(line, start)
  if (start < 0 || at < 0) throw new Error(`${path} has no such line any more`)
  writeFileSync(path, text.slice(0, at) + text.slice(at + line.length))
}

/** The file that makes the go command see one more file in the command's package. */
function overlay(
  source: { command: string; added: { name: string; text: string } },
  go: (...args: string[]) => string,
  work: string,
): string {
  const added = join(work, source.added.name)
  const path = join(work, 'overlay.json')
  const first = go('list', '-f', '{{.Dir}}/{{index .GoFiles 0}}', source.command).trim()
  writeFileSync(added, source.added.text)
  writeFileSync(path, JSON.stringify({ Replace: { [join(dirname(first), source.added.name)]: added } }))
  return path
}
