import type { CapturedVariable, Dwarf, DwarfType, DwarfTypeIndex, FrameVariable } from './dwarf.ts'

/** DWARF of a program with that of what it has loaded. Addresses are as the program's: add Core.bias. */
export type JoinedDwarf = Omit<Dwarf, 'functions'>

/** DWARF of a file that the program has loaded. */
export interface LoadedDwarf {
  dwarf: Dwarf
  /** [start, end): its code, as the program's addresses. */
  start: number
  end: number
  /** What makes an address of the file one of the program's. */
  shift: number
  /** Bytes from the program's type descriptors to those of the file, and how many these are. */
  descriptorsFrom: number
  descriptorBytes: number
}

/** Answers for each address with the DWARF of the file that it is in. Rows of types of further files follow the program's. */
export function joinDwarf(program: Dwarf, loaded: readonly LoadedDwarf[]): JoinedDwarf {
  if (loaded.length === 0) return program
  const types: DwarfType[] = [...program.types]
  const globals = [...program.globals]
  const typesByName = new Map(program.typesByName)
  const files = loaded.map((file) => {
    const first = types.length
    const typeOf = (type: DwarfTypeIndex) => (type < 0 ? type : type + first)
    for (const type of file.dwarf.types) types.push(moveType(type, typeOf, file))
    for (const { name, address, type } of file.dwarf.globals) {
      globals.push({ name, address: address + file.shift, type: typeOf(type) })
    }
    for (const [name, type] of file.dwarf.typesByName)
      if (!typesByName.has(name)) typesByName.set(name, typeOf(type))
    return { ...file, typeOf }
  })
  const fileAt = (pc: number) => files.find(({ start, end }) => pc >= start && pc < end)
  /** Variables that a file's DWARF has, with their types. */
  const typed = <T extends FrameVariable | CapturedVariable>(
    pc: number,
    read: (dwarf: Dwarf, pc: number) => readonly T[],
  ): readonly T[] => {
    const file = fileAt(pc)
    if (file === undefined) return read(program, pc)
    const variables = read(file.dwarf, pc - file.shift)
    return variables.map((variable) => ({ ...variable, type: file.typeOf(variable.type) }))
  }
  return {
    types,
    globals: globals.sort((a, b) => a.address - b.address),
    constants: program.constants,
    typesByName,
    functionAt(pc) {
      const file = fileAt(pc)
      if (file === undefined) return program.functionAt(pc)
      const fn = file.dwarf.functionAt(pc - file.shift)
      return fn && { name: fn.name, lowPc: fn.lowPc + file.shift, highPc: fn.highPc + file.shift }
    },
    variablesAt: (pc) => typed(pc, (dwarf, at) => dwarf.variablesAt(at)),
    inlinedVariablesAt: (pc) => typed(pc, (dwarf, at) => dwarf.inlinedVariablesAt(at)),
    frameUsesOf: (pc) => typed(pc, (dwarf, at) => dwarf.frameUsesOf(at)),
    capturedBy: (pc) => typed(pc, (dwarf, at) => dwarf.capturedBy(at)),
    inlinedAt(pc) {
      const file = fileAt(pc)
      return file === undefined ? program.inlinedAt(pc) : file.dwarf.inlinedAt(pc - file.shift)
    },
    get warnings() {
      return [program, ...loaded.map(({ dwarf }) => dwarf)].flatMap(({ warnings }) => warnings)
    },
  }
}

function moveType(
  type: DwarfType,
  typeOf: (type: DwarfTypeIndex) => DwarfTypeIndex,
  { descriptorsFrom, descriptorBytes }: LoadedDwarf,
): DwarfType {
  const offset = type.runtimeTypeOffset
  // Up to Go 1.22 uintptr has an address there.
  const isOffset = offset !== undefined && offset < descriptorBytes && type.name !== 'uintptr'
  return {
    ...type,
    type: typeOf(type.type),
    element: typeOf(type.element),
    key: typeOf(type.key),
    members: type.members.map((member) => ({ ...member, type: typeOf(member.type) })),
    runtimeTypeOffset: isOffset ? offset + descriptorsFrom : undefined,
  }
}
