import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'

/** Names of GOARCH. */
export type Arch = 'amd64' | 'arm64'

export const HOST: Arch = process.arch === 'arm64' ? 'arm64' : 'amd64'

/** What programs are built for unless a test says. GOHEAP_ARCH=arm64 runs the tests on programs for arm64. */
export const TESTED_ARCH = readArch(process.env.GOHEAP_ARCH) ?? HOST
export const isEmulated = TESTED_ARCH !== HOST

/** e_machine */
const MACHINES = new Map<number, Arch>([
  [62, 'amd64'],
  [183, 'arm64'],
])
/** What Debian's and Fedora's packages call the emulator of one program. */
const EMULATORS: Record<Arch, readonly string[]> = {
  amd64: ['qemu-x86_64-static', 'qemu-x86_64'],
  arm64: ['qemu-aarch64-static', 'qemu-aarch64'],
}

/**
 * The name of a core that qemu writes of the program that it emulates. The kernel may write one of qemu itself beside
 * it. qemu: linux-user/elfload.c, core_dump_filename.
 */
export const EMULATED_CORE = /^qemu_.*\.core$/

/** Why no program of an architecture can run here; undefined when it can. */
export function missingEmulator(arch: Arch): string | undefined {
  if (arch === HOST || findEmulator(arch) !== undefined) return undefined
  return `NOT RUN: ${EMULATORS[arch][0]} is not installed: scripts/setup-tests.sh`
}

/** What has to stand before a program on the command line for it to run here. */
export function launcherOf(binary: string): string[] {
  const arch = archOf(binary)
  if (arch === HOST) return []
  const emulator = findEmulator(arch)
  if (emulator === undefined) throw new Error(`${binary} is for ${arch}, and there is no emulator`)
  return [emulator]
}

function readArch(name: string | undefined): Arch | undefined {
  if (name === undefined || name === 'amd64' || name === 'arm64') return name
  throw new Error(`GOHEAP_ARCH=${name}: amd64 or arm64`)
}

function findEmulator(arch: Arch): string | undefined {
  return EMULATORS[arch].find((name) => spawnSync(name, ['--version']).status === 0)
}

function archOf(binary: string): Arch {
  const head = Buffer.alloc(20)
  const fd = openSync(binary, 'r')
  readSync(fd, head, 0, head.length, 0)
  closeSync(fd)
  const arch = MACHINES.get(head.readUInt16LE(18))
  if (arch === undefined) throw new Error(`${binary} is a program for neither amd64 nor arm64`)
  return arch
}
