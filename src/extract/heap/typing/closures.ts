import { NONE, type TypeField, type TypeIndex } from '../../../model/types.ts'
import { type ClosureSites, openClosureSites } from '../../go/closure-sites.ts'
import type { GoProcess } from '../../go/process.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'
import { typeNameOf } from '../../go/type-names.ts'

/** What a func value points to. */
export interface Closure {
  readonly type: TypeIndex
  /** False: `type` has only some of what is captured, or nothing; the object may be longer. */
  readonly isComplete: boolean
}

/** Rows for what func values point to: the address of the code, then what it captures. */
export class Closures {
  readonly #process: GoProcess
  readonly #catalog: TypeCatalog
  readonly #sites: ClosureSites
  readonly #byCode = new Map<number, readonly Closure[]>()

  constructor(process: GoProcess, catalog: TypeCatalog) {
    this.#process = process
    this.#catalog = catalog
    this.#sites = openClosureSites(process)
  }

  /**
   * Row `closure pkg.F.func1` by the address of its code; NONE when no function starts there, or when what is captured is
   * not the same in all places that make such a closure.
   */
  at(pc: number): TypeIndex {
    const closures = this.allAt(pc)
    return closures.length === 1 ? closures[0].type : NONE
  }

  /** All that the closure of that code is allocated as: several types when places that do so differ. */
  allAt(pc: number): readonly Closure[] {
    let closures = this.#byCode.get(pc)
    if (closures === undefined) {
      closures = this.#make(pc)
      this.#byCode.set(pc, closures)
    }
    return closures
  }

  #make(pc: number): readonly Closure[] {
    const { dwarf, core } = this.#process
    const code = dwarf?.functionAt(pc - core.bias)
    if (dwarf === undefined || code === undefined || code.lowPc !== pc - core.bias) return []
    const name = typeNameOf(code.name)
    const stub = REFLECT_STUBS.get(name)
    if (stub !== undefined) return this.#complete(this.#catalog.byName(stub))
    const captured = dwarf.capturedBy(code.lowPc)
    const named: TypeField[] = captured.map((variable) => ({
      name: variable.name.replace(/^&/, ''),
      offset: variable.offset,
      type: this.#catalog.fromDwarf(variable.type),
      isEmbedded: false,
    }))
    const allocated = this.#sites.typesOf(pc).flatMap((address) => this.#allocatedAs(name, address, named))
    if (allocated.length > 0) return allocated
    const receiver = named.length === 0 ? this.#receiverOf(name) : NONE
    if (receiver !== NONE) {
      return this.#complete(
        this.#add(name, [this.#code(), { ...FIELD, name: 'R', offset: 8, type: receiver }]),
      )
    }
    // `&x` of type *T: the closure holds that pointer, or, when x is captured by value and not kept in registers, x
    // itself. cmd/compile/internal/ssagen/ssa.go, "Populate closure variables"
    const sure = named.filter((_, i) => !captured[i].name.startsWith('&'))
    // What captures nothing is not in the heap.
    const isKnown = sure.length > 0
    const fields = [this.#code(), ...sure].sort((a, b) => a.offset - b.offset)
    const type = this.#add(name, fields)
    if (type !== NONE && !isKnown) this.#catalog.table.rows[type].pointerBytes = undefined
    return type === NONE ? [] : [{ type, isComplete: false }]
  }

  /** The closure as the struct that it is allocated as, with the names of captured variables where DWARF has them. */
  #allocatedAs(name: string, address: number, named: readonly TypeField[]): readonly Closure[] {
    const struct = this.#catalog.fromRuntime(address)
    if (struct === NONE) return []
    const { rows } = this.#catalog.table
    const { kind, fields, size } = rows[struct]
    if (kind !== 'struct' || fields.length < 2 || !CODE_FIELDS.has(fields[0].name)) return []
    const closure = this.#add(
      name,
      fields.map((field) => {
        const variable = named.find(({ offset }) => offset === field.offset)
        return variable === undefined ? field : { ...field, name: variable.name }
      }),
    )
    return closure !== NONE && rows[closure].size === size ? this.#complete(closure) : []
  }

  #complete(type: TypeIndex): readonly Closure[] {
    return type === NONE ? [] : [{ type, isComplete: true }]
  }

  #code(): TypeField {
    return { ...FIELD, name: 'F', offset: 0, type: this.#catalog.byName('uintptr') }
  }

  #add(name: string, fields: readonly TypeField[]): TypeIndex {
    const { rows } = this.#catalog.table
    const end = Math.max(...fields.map(({ offset, type }) => offset + (type === NONE ? 8 : rows[type].size)))
    return this.#catalog.named(`closure ${name}`, () => ({
      package: undefined,
      kind: 'closure',
      size: Math.ceil(end / 8) * 8,
      pointerBytes: undefined,
      element: NONE,
      key: NONE,
      length: undefined,
      runtimeAddress: undefined,
      fields,
    }))
  }

  /** A method value `x.M` is a closure that captures x; its code is named `pkg.(*T).M-fm`, or `pkg.T.M-fm`. */
  #receiverOf(name: string): TypeIndex {
    const method = /^(.*)\.[^.\]]+-fm$/.exec(name)
    if (method === null) return NONE
    return this.#catalog.byName(method[1].replace(/^(.*)\.\(\*(.*)\)$/, '*$1.$2'))
  }
}

const FIELD = { isEmbedded: false } as const

/** The first field of a closure's struct. cmd/compile/internal/typecheck/func.go, ClosureType */
const CODE_FIELDS = new Set(['F', '.F'])

/** Func values that reflect makes begin with the address of a stub. reflect/makefunc.go. */
const REFLECT_STUBS = new Map([
  ['reflect.makeFuncStub', 'reflect.makeFuncImpl'],
  ['reflect.methodValueCall', 'reflect.methodValue'],
])
