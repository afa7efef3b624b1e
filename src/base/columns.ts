/** Typed array constructors a column can have. */
type ColumnArray = Uint8Array | Int32Array | Uint32Array | Float64Array
type ColumnConstructor<A extends ColumnArray> = new (length: number) => A

/** A typed array that grows by doubling. `finish` gives the exact-length array; the builder is then done with. */
export class GrowableColumn<A extends ColumnArray> {
  readonly #make: ColumnConstructor<A>
  #values: A
  #length = 0
  constructor(make: ColumnConstructor<A>, capacity = 1024) {
    this.#make = make
    this.#values = new make(capacity)
  }
  get length(): number {
    return this.#length
  }
  push(value: number): void {
    if (this.#length === this.#values.length) this.#grow()
    this.#values[this.#length++] = value
  }
  get(index: number): number {
    return this.#values[index] as number
  }
  set(index: number, value: number): void {
    this.#values[index] = value
  }
  finish(): A {
    return this.#length === this.#values.length ? this.#values : (this.#values.slice(0, this.#length) as A)
  }
  #grow(): void {
    const grown = new this.#make(this.#values.length * 2)
    grown.set(this.#values)
    this.#values = grown
  }
}

/** Columns that workers share. Zeroed. */
export const sharedUint8 = (length: number) => new Uint8Array(new SharedArrayBuffer(length))
export const sharedInt32 = (length: number) => new Int32Array(new SharedArrayBuffer(length * 4))
export const sharedUint32 = (length: number) => new Uint32Array(new SharedArrayBuffer(length * 4))
export const sharedFloat64 = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8))
