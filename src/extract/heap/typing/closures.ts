import { NONE, type TypeField, type TypeIndex } from '../../../model/types.ts'
import type { GoProcess } from '../../go/process.ts'
import type { TypeCatalog } from '../../go/type-catalog.ts'
import { typeNameOf } from '../../go/type-names.ts'

/** Rows for what func values point to: the address of the code, then what it captures. */
export class Closures {
  readonly #process: GoProcess
  readonly #catalog: TypeCatalog
  readonly #byCode = new Map<number, TypeIndex>()

  constructor(process: GoProcess, catalog: TypeCatalog) {
    this.#process = process
    this.#catalog = catalog
  }

  /**
   * Row `closure pkg.F.func1` by the address of its code; NONE when no function starts there. Its pointerBytes are
   * undefined when DWARF does not say what is captured: up to Go 1.22, and for the wrappers of go and defer statements.
   */
  at(pc: number): TypeIndex {
    let closure = this.#byCode.get(pc)
    if (closure === undefined) {
      closure = this.#make(pc)
      this.#byCode.set(pc, closure)
    }
    return closure
  }

  #make(pc: number): TypeIndex {
    const { dwarf, core } = this.#process
    const code = dwarf?.functionAt(pc - core.bias)
    if (dwarf === undefined || code === undefined || code.lowPc !== pc - core.bias) return NONE
    const name = typeNameOf(code.name)
    const stub = REFLECT_STUBS.get(name)
    if (stub !== undefined) return this.#catalog.byName(stub)
    const captured = dwarf.capturedBy(code.lowPc)
    const fields: TypeField[] = captured.map((variable) => ({
      name: variable.name,
      offset: variable.offset,
      type: this.#catalog.fromDwarf(variable.type),
      isEmbedded: false,
    }))
    const receiver = fields.length === 0 ? this.#receiverOf(name) : NONE
    if (receiver !== NONE) fields.push({ name: 'R', offset: 8, type: receiver, isEmbedded: false })
    // What captures nothing is not in the heap.
    const isKnown = fields.length > 0
    fields.push({ name: 'F', offset: 0, type: this.#catalog.byName('uintptr'), isEmbedded: false })
    fields.sort((a, b) => a.offset - b.offset)
    return this.#add(`closure ${name}`, fields, isKnown)
  }

  #add(name: string, fields: readonly TypeField[], isKnown: boolean): TypeIndex {
    const { rows } = this.#catalog.table
    const end = Math.max(...fields.map(({ offset, type }) => offset + (type === NONE ? 8 : rows[type].size)))
    const closure = this.#catalog.named(name, () => ({
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
    if (closure !== NONE && !isKnown) rows[closure].pointerBytes = undefined
    return closure
  }

  /** A method value `x.M` is a closure that captures x; its code is named `pkg.(*T).M-fm`, or `pkg.T.M-fm`. */
  #receiverOf(name: string): TypeIndex {
    const method = /^(.*)\.[^.\]]+-fm$/.exec(name)
    if (method === null) return NONE
    return this.#catalog.byName(method[1].replace(/^(.*)\.\(\*(.*)\)$/, '*$1.$2'))
  }
}

/** Func values that reflect makes begin with the address of a stub. reflect/makefunc.go. */
const REFLECT_STUBS = new Map([
  ['reflect.makeFuncStub', 'reflect.makeFuncImpl'],
  ['reflect.methodValueCall', 'reflect.methodValue'],
])
