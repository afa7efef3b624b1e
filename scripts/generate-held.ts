import { writeFileSync } from 'node:fs'

/**
 * Writes fixtures/programs/held/functions.go: functions with random variables, each of a type of its own, that hold objects
 * across a call that never returns. `node scripts/generate-held.ts [seed] [functions]`.
 */
const seed = Number(process.argv[2] ?? 20261123)
const count = Number(process.argv[3] ?? 60)

let state = seed >>> 0
function below(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * limit)
}
const chance = (percent: number) => below(100) < percent

const types: string[] = []
const functions: string[] = []

/** A struct of at most 256 bytes with a method. */
function newType(): string {
  const name = `T${types.length}`
  const fields = Array.from({ length: 1 + below(6) }, (_, f) => {
    const kinds = ['uintptr', `*${name}`, 'string', '[]byte', '[3]uint32', 'any']
    return `f${f} ${kinds[below(kinds.length)]}`
  })
  types.push(`type ${name} struct { ${fields.join('; ')}; last *${name} }

func (p *${name}) Name() string { return "${name}" }
`)
  return name
}

interface Piece {
  /** Parameters of the function, with what is passed. */
  parameter?: string
  passed?: string
  /** Before the call that never returns, and after it. */
  before: string[]
  after: string[]
  /** Instead of that call. */
  block?: string[]
}

let number = 0
const makers: ((fn: string) => Piece)[] = [
  // A pointer, dead or alive, with or without a second name.
  (fn) => {
    const [type, v] = [newType(), `v${number++}`]
    const alias = chance(30) ? `w${number++}` : undefined
    const names = alias ? `${v},${alias}` : v
    const before = [`${v} := newObject[${type}]("${fn}", "${names}")`, `seen(unsafe.Pointer(${v}))`]
    if (alias)
      before.push(
        `${alias} := ${v}`,
        `if isOdd { ${alias} = ${alias}.last; if ${alias} == nil { ${alias} = ${v} } }`,
      )
    const after = chance(75) ? [`seen(unsafe.Pointer(${v}))`] : []
    if (alias) after.push(`seen(unsafe.Pointer(${alias}))`)
    return { before, after }
  },
  // A variable that is used no more before, and another one after.
  (fn) => {
    const [first, second, v, w] = [newType(), newType(), `v${number++}`, `v${number++}`]
    return {
      before: [
        `${v} := newObject[${first}]("${fn}", "${v}")`,
        'touch(nil)',
        `seen(unsafe.Pointer(${v}))`,
        `${w} := newObject[${second}]("${fn}", "${w}")`,
        'touch(nil)',
      ],
      after: [`seen(unsafe.Pointer(${w}))`],
    }
  },
  // An argument.
  (fn) => {
    const [type, v] = [newType(), `p${number++}`]
    return {
      parameter: `${v} *${type}`,
      passed: `newObject[${type}]("${fn}", "${v}")`,
      before: [],
      after: chance(80) ? [`seen(unsafe.Pointer(${v}))`] : [],
    }
  },
  // A slice: of it all, or of its pointer alone.
  (fn) => {
    const [type, v] = [newType(), `s${number++}`]
    return {
      before: [
        `${v} := make([]${type}, ${2 + below(4)})`,
        `note(unsafe.Pointer(&${v}[0]), "[]main.${type}", "${fn}", "${v}")`,
      ],
      after: [chance(50) ? `seen(unsafe.Pointer(&${v}[0]))` : `seenAny(${v})`],
    }
  },
  // Interfaces.
  (fn) => {
    const [type, v] = [newType(), `i${number++}`]
    const isAny = chance(50)
    return {
      before: [
        `var ${v} ${isAny ? 'any' : 'named'} = newObject[${type}]("${fn}", "${v}")`,
        `if !isOdd { ${v} = nil }`,
        'touch(nil)',
      ],
      after: [isAny ? `seenAny(${v})` : `seenNamed(${v})`],
    }
  },
  // A struct whose address is taken.
  (fn) => {
    const [a, b, v] = [newType(), newType(), `h${number++}`]
    return {
      before: [
        `var ${v} struct { pad [${below(4)}]uintptr; a *${a}; more [2]uintptr; b *${b}; text string }`,
        `${v}.a, ${v}.b = newObject[${a}]("${fn}", "${v}"), newObject[${b}]("${fn}", "${v}")`,
        `touch(unsafe.Pointer(&${v}))`,
      ],
      after: chance(80) ? [`touch(unsafe.Pointer(&${v}))`] : [],
    }
  },
  // Structs of several types in one place, one after the other.
  (fn) => {
    const [a, b, v, w] = [newType(), newType(), `h${number++}`, `h${number++}`]
    const isOpen = chance(50)
    return {
      before: [
        isOpen ? '' : '{',
        `var ${v} struct { x [4]*${a}; y [4]uintptr }`,
        `${v}.x[${below(4)}] = newObject[${a}]("${fn}", "${v}")`,
        `touch(unsafe.Pointer(&${v}))`,
        isOpen ? '' : '}',
        `var ${w} struct { x [2]*${b}; y [4]uintptr; z *${b} }`,
        `${w}.x[1], ${w}.z = newObject[${b}]("${fn}", "${w}"), newObject[${b}]("${fn}", "${w}")`,
        `touch(unsafe.Pointer(&${w}))`,
      ],
      after: [`touch(unsafe.Pointer(&${w}))`],
    }
  },
  // A small struct of which each field is a value of its own.
  (fn) => {
    const [a, b, v] = [newType(), newType(), `c${number++}`]
    return {
      before: [
        `${v} := struct { left *${a}; right *${b} }{newObject[${a}]("${fn}", "${v}"), newObject[${b}]("${fn}", "${v}")}`,
        `if !isOdd { ${v}.left = nil }`,
      ],
      after: [`seen(unsafe.Pointer(${v}.left))`, ...(chance(60) ? [`seen(unsafe.Pointer(${v}.right))`] : [])],
    }
  },
  // Captured by a deferred function.
  (fn) => {
    const [type, v] = [newType(), `d${number++}`]
    return {
      before: [
        `${v} := newObject[${type}]("${fn}", "${v}")`,
        `defer func() { seen(unsafe.Pointer(${v})) }()`,
      ],
      after: [],
    }
  },
  // Calls that are inlined.
  (fn) => {
    const [type, inlined, v] = [newType(), `inlined${number++}`, `v${number++}`]
    functions.push(`func ${inlined}(q${number} *${type}, done bool) {
\tl${number} := q${number}
\tpark()
\tif done { l${number} = l${number}.last }
\tseen(unsafe.Pointer(q${number}))
\tseen(unsafe.Pointer(l${number}))
}
`)
    const names = `${v},q${number},l${number}`
    number++
    return {
      before: [`${v} := newObject[${type}]("${fn},main.${inlined}", "${names}")`],
      block: [`${inlined}(${v}, !isOdd)`],
      after: chance(50) ? [`seen(unsafe.Pointer(${v}))`] : [],
    }
  },
  // Values on their way through channels.
  (fn) => {
    const [a, b, v] = [newType(), newType(), `v${number++}`]
    const sent = `struct { n int; a *${a}; b any }`
    const value = `value sent on channel,${v}`
    const make = [
      `${v} := newObject[${a}]("${fn}", "${value}")`,
      `w${v} := newObject[${b}]("${fn}", "value sent on channel,w${v}")`,
      `c${v}, d${v}, e${v} := make(chan *${a}), make(chan ${sent}), make(chan []${b})`,
      `_, _ = ${v}, w${v}`,
      'started.Done()',
    ]
    const whole = `${sent}{1, ${v}, w${v}}`
    const blocks = [
      [`c${v} <- ${v}`],
      [`d${v} <- ${whole}`],
      [`select { case c${v} <- ${v}: case d${v} <- ${whole}: case x := <-e${v}: seenAny(x) }`],
      [`x, ok := <-d${v}`, `if ok { seen(unsafe.Pointer(x.a)); seenAny(x.b) }`],
    ]
    return {
      before: make,
      block: blocks[below(blocks.length)],
      after: [
        `seenAny(c${v}); seenAny(e${v}); seenAny(d${v})`,
        ...(chance(30) ? [`seen(unsafe.Pointer(w${v}))`] : []),
      ],
    }
  },
  // What makes the function large, so that values are put aside.
  () => ({
    before: [`n${number} := len(lines) + ${number}`, 'touch(nil)', `seenText("${number}")`],
    after: [`if n${number} > ${number++} { touch(nil) }`],
  }),
]

const starts: string[] = []
for (let f = 0; f < count; f++) {
  const fn = `main.f${f}`
  const pieces = Array.from({ length: 2 + below(7) }, () => makers[below(makers.length)](fn))
  // One call that never returns is reached.
  const blocking = pieces.findIndex(({ block }) => block !== undefined)
  const used = pieces.filter(({ block }, i) => block === undefined || i === blocking)
  const parameters = used.flatMap(({ parameter }) => parameter ?? [])
  const lines = [
    ...used.flatMap(({ before }) => before),
    ...(blocking < 0 ? ['park()'] : (pieces[blocking].block ?? [])),
    ...used.toReversed().flatMap(({ after }) => after),
  ]
  functions.push(`//go:noinline
func f${f}(${parameters.join(', ')}) {
${lines.map((line) => `\t${line}`).join('\n')}
}
`)
  starts.push(`\tfunc() { f${f}(${used.flatMap(({ passed }) => passed ?? []).join(', ')}) },`)
}

writeFileSync(
  new URL('../fixtures/programs/held/functions.go', import.meta.url),
  `// Code generated by scripts/generate-held.ts, seed ${seed}; DO NOT EDIT.

package main

import "unsafe"

var starts = []func(){
${starts.join('\n')}
}

${types.join('\n')}
${functions.join('\n')}`,
)
