/** Keys of two numbers from 0 below 2^31 to numbers: a Map would need an object a key, and ends at 2^24 entries. */
export class PairMap {
  #first: Int32Array
  #second: Int32Array
  /** -1: free. */
  #value: Int32Array
  #mask: number
  #size = 0

  constructor(capacity = 1024) {
    const places = 2 ** Math.ceil(Math.log2(capacity * 2))
    this.#first = new Int32Array(places)
    this.#second = new Int32Array(places)
    this.#value = new Int32Array(places).fill(-1)
    this.#mask = places - 1
  }

  get size(): number {
    return this.#size
  }

  /** The value of a key, which becomes `value` (not negative) when it has none. */
  getOrAdd(first: number, second: number, value: number): number {
    const place = this.#find(first, second)
    if (this.#value[place] >= 0) return this.#value[place]
    this.#first[place] = first
    this.#second[place] = second
    this.#value[place] = value
    if (++this.#size * 2 > this.#mask) this.#grow()
    return value
  }

  #find(first: number, second: number): number {
    let place = (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> 0
    place = (place ^ (place >>> 15)) & this.#mask
    while (this.#value[place] >= 0 && (this.#first[place] !== first || this.#second[place] !== second)) {
      place = (place + 1) & this.#mask
    }
    return place
  }

  #grow(): void {
    const [first, second, value] = [this.#first, this.#second, this.#value]
    const places = value.length * 2
    this.#first = new Int32Array(places)
    this.#second = new Int32Array(places)
    this.#value = new Int32Array(places).fill(-1)
    this.#mask = places - 1
    for (let i = 0; i < value.length; i++) {
      if (value[i] < 0) continue
      const place = this.#find(first[i], second[i])
      this.#first[place] = first[i]
      this.#second[place] = second[i]
      this.#value[place] = value[i]
    }
  }
}
