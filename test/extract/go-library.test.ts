import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { BinaryFolder, type Core, findBinary, openCore } from '../../src/index.ts'
import { Problems } from '../../src/model/problem.ts'
import { ROOT_KINDS } from '../../src/model/tables.ts'
import { findBuild } from '../oracle/builds.ts'
import { differingParts } from '../oracle/compare-heaps.ts'
import { type Extracted, extractRun } from '../oracle/extracted.ts'
import {
  because,
  buildProgram,
  type CrashedRun,
  crashProgram,
  missingC,
  missingGo,
} from '../oracle/toolchain.ts'
import { makeTempFolder } from './file/temp-files.ts'

/** On the first run the library is built. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 })

const VERSION = '1.24.13'
/** As in test/ground-truth/builds.test.ts, which has it built. */
const PLUGIN_VERSION = '1.25.11'
const reason = missingGo(VERSION) ?? missingC()
const folder = makeTempFolder()

/** What openCore throws. */
function refusalOf(core: string, binary: string) {
  try {
    openCore(core, binary, new Problems()).close()
  } catch (error) {
    return error
  }
  return undefined
}

describe.skipIf(reason)(`a C program that has loaded a library of Go${because(reason)}`, () => {
  let run: CrashedRun
  let library: string
  beforeAll(() => {
    const host = findBuild('c-shared').make(VERSION)
    run = crashProgram(host, 'truth', 'crash')
    library = join(dirname(host), 'libtruth.so')
  })

  test('is read alike by the program, by the library, and by neither', async () => {
    const byProgram = await extractRun(run)
    const byLibrary = await extractRun({ core: run.core, binary: library })
    const found = findBinary(run.core)
    expect(found).toBe(run.binary)
    expect(byProgram.heap.metadata.get('binary_file')).toBe(library)
    expect(byProgram.core.bias).toBeGreaterThan(0)
    expect(differingParts(byProgram.heap, byLibrary.heap)).toEqual([])
    expect(byProgram.heap.problems).toEqual([])
    byProgram.core.close()
    byLibrary.core.close()
  })

  test('is refused when another program is named', () => {
    const other = buildProgram('empty', VERSION)
    expect(refusalOf(run.core, other)).toMatchObject({ code: 'wrong-binary' })
  })

  describe('which has been taken away', () => {
    let core: string
    let host: string
    beforeAll(() => {
      host = folder.path('host')
      copyFileSync(run.binary, host)
      copyFileSync(library, folder.path('libtruth.so'))
      core = dump(host)
    })

    test('says where it was; named as the binary, it is read', () => {
      const taken = folder.path('taken.so')
      renameSync(folder.path('libtruth.so'), taken)
      expect(refusalOf(core, host)).toMatchObject({
        code: 'file',
        message: expect.stringContaining(`Go runtime is in ${folder.path('libtruth.so')}, which is not here`),
      })
      const opened = openCore(core, taken, new Problems())
      expect([opened.binaryPath, opened.bias > 0]).toEqual([taken, true])
      opened.close()
    })

    test('is found in a folder by build id, with the program or without it', async () => {
      const releases = folder.path('releases')
      mkdirSync(releases)
      copyFileSync(library, join(releases, 'renamed'))
      const opened = openCore(core, host, new Problems(), { folder: new BinaryFolder(releases) })
      expect([opened.binaryPath, opened.bias > 0]).toEqual([join(releases, 'renamed'), true])
      opened.close()
      expect(findBinary(core, { folder: new BinaryFolder(releases) })).toBe(join(releases, 'renamed'))
    })

    test('is refused when another one lies there, with both ids', () => {
      const build = ['-tags=withc,library', '-buildmode=c-shared', '-ldflags=-s -w']
      const options = { cgo: true, flags: build, output: 'libtruth.so' }
      copyFileSync(buildProgram('truth', VERSION, options), folder.path('libtruth.so'))
      expect(refusalOf(core, host)).toMatchObject({
        code: 'wrong-binary',
        message: expect.stringMatching(/its Go build id is \S+, the core's is \S+$/),
      })
      const opened = openCore(core, host, new Problems(), { folder: new BinaryFolder(dirname(library)) })
      expect(opened.binaryPath).toBe(library)
      opened.close()
    })
  })

  test('and a second one is not guessed at', () => {
    const [first, second] = [folder.path('one.so'), folder.path('two.so')]
    for (const copy of [first, second]) copyFileSync(library, copy)
    const source = folder.path('two.c')
    writeFileSync(
      source,
      `#include <dlfcn.h>
#include <stdlib.h>
int main(void) { if (dlopen("${first}", RTLD_NOW) && dlopen("${second}", RTLD_NOW)) abort(); return 3; }`,
    )
    const host = folder.path('two')
    execFileSync('gcc', [source, '-ldl', '-o', host])
    const core = dump(host)
    expect(refusalOf(core, host)).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/has loaded several: .*(one|two)\.so and .*(one|two)\.so; name one/),
    })
  })
})

const noPlugin = missingGo(PLUGIN_VERSION) ?? missingC()
describe.skipIf(noPlugin)(`a program whose plugin has been taken away${because(noPlugin)}`, () => {
  test('is read alike when the plugin is found in a folder', async () => {
    const built = findBuild('plugin').make(PLUGIN_VERSION)
    const [host, plugin] = [folder.path('with-plugin'), folder.path('plugin.so')]
    copyFileSync(built, host)
    copyFileSync(join(dirname(built), 'plugin.so'), plugin)
    const run = { core: dump(host), binary: host }
    const whole = await extractRun(run)
    expect(describePlugin(whole)).toEqual({
      globals: {
        any0: 'interface {}',
        byName: 'map[string]*Leaf',
        chain: '*Leaf',
        never: 'chan *Leaf',
        run: 'func() int',
        shape: 'Shape',
      },
      parked: { leaf: '*Leaf' },
      closures: ['closure Build', 'closure Build.func1'],
    })
    const releases = folder.path('plugins')
    mkdirSync(releases)
    renameSync(plugin, join(releases, 'renamed'))
    const without = openCore(run.core, host, new Problems())
    const found = await extractRun(run, 1, {}, { folder: new BinaryFolder(releases) })
    expect(differingParts(whole.heap, found.heap)).toEqual([])
    expect(found.heap.problems).toEqual(whole.heap.problems)
    const isLost = ({ memory }: Core) =>
      memory.mappings.some(({ file, source }) => file === plugin && source === 'absent')
    expect([whole.core, without, found.core].map(isLost)).toEqual([false, true, false])
    for (const core of [whole.core, without, found.core]) core.close()
  })
})

/** What has a name of fixtures/programs/truthplugin, with its type: variables, those of a function, and closures. */
function describePlugin({ heap: { roots, types, objects } }: Extracted) {
  const plain = (name: string) => name.replaceAll(/example\.com\/fixtures\/truthplugin\./g, '')
  const isOfPlugin = (name: string) => name.includes('fixtures/truthplugin.')
  const typeOf = (index: number) => plain(types.rows[index]?.name ?? '')
  const rows = Array.from(roots.kind, (kind, i) => ({ kind: ROOT_KINDS[kind], name: roots.name[i], i }))
  const entries = (chosen: typeof rows) =>
    Object.fromEntries(chosen.map(({ name, i }) => [plain(name), typeOf(roots.type[i])]))
  const parked = rows.find(
    ({ kind, name }) => kind === 'frame' && isOfPlugin(name) && name.endsWith('.parked'),
  )
  const used = new Set(objects.type)
  return {
    globals: entries(
      rows.filter(({ kind, name }) => kind === 'global' && isOfPlugin(name) && !name.includes('..')),
    ),
    parked: entries(rows.filter(({ i, name }) => roots.parent[i] === parked?.i && name === 'leaf')),
    closures: types.rows
      .flatMap(({ name }, i) =>
        used.has(i) && name.startsWith('closure ') && isOfPlugin(name) ? [plain(name)] : [],
      )
      .sort(),
  }
}

/** Runs a program of the temporary folder until it crashes; path of the core. */
function dump(program: string): string {
  const before = new Set(readdirSync(dirname(program)))
  const command = 'ulimit -c unlimited; exec "$@"'
  spawnSync('sh', ['-c', command, 'sh', program, 'truth', 'crash'], { cwd: dirname(program) })
  const core = readdirSync(dirname(program)).find((name) => /^core(\.\d+)?$/.test(name) && !before.has(name))
  if (core === undefined) throw new Error(`${program} left no core`)
  const path = folder.path(`core-of-${basename(program)}`)
  renameSync(join(dirname(program), core), path)
  return path
}
