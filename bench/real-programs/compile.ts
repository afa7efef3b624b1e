import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Batch } from './program.ts'

/** The compiler's own back end: half a million lines, most of them rewrite rules. */
const PACKAGE = 'cmd/compile/internal/ssa'
/** About a third of the way; blocks are the parts of functions. */
const CRASH_AFTER_BLOCKS = 60_000

/** The Go compiler amid a large package: syntax, types, and the functions that wait to become machine code. */
export const compile: Batch = {
  name: 'compile',
  go: '1.26.8',
  requires: [],
  source: {
    command: 'cmd/compile',
    added: {
      name: 'crash.go',
      text: `package main

import (
	"cmd/compile/internal/ssa"
	"cmd/compile/internal/ssagen"
	"internal/buildcfg"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
)

var (
	counts     runtime.MemStats
	blocksLeft int
)

// Each block of a function passes through SSAMarkMoves on its way to machine code.
func init() {
	blocksLeft, _ = strconv.Atoi(os.Getenv("CRASH_AFTER_BLOCKS"))
	initialize := archInits[buildcfg.GOARCH]
	archInits[buildcfg.GOARCH] = func(arch *ssagen.ArchInfo) {
		initialize(arch)
		markMoves := arch.SSAMarkMoves
		arch.SSAMarkMoves = func(s *ssagen.State, b *ssa.Block) {
			if blocksLeft--; blocksLeft == 0 {
				countAndCrash()
			}
			markMoves(s, b)
		}
	}
}

func countAndCrash() {
	debug.SetTraceback("crash")
	runtime.GC()
	runtime.ReadMemStats(&counts)
	println("counted", counts.HeapObjects, counts.HeapAlloc, runtime.NumGoroutine())
	syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(syscall.Gettid()), uintptr(syscall.SIGABRT))
}
`,
    },
  },
  args: (folder, go) => {
    const imports = go(
      'list',
      '-export',
      '-deps',
      '-f',
      '{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}',
      PACKAGE,
    )
    const config = join(folder, 'importcfg')
    writeFileSync(config, imports)
    const files = go('list', '-f', '{{range .GoFiles}}{{$.Dir}}/{{.}}\n{{end}}', PACKAGE)
    // One function at a time: nothing else allocates after the collection.
    const options = ['-o', '/dev/null', '-c=1', '-p', PACKAGE, '-importcfg', config, '-pack']
    return [...options, ...files.split('\n').filter((file) => file !== '')]
  },
  environment: () => ({ CRASH_AFTER_BLOCKS: String(CRASH_AFTER_BLOCKS) }),
}
