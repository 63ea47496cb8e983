import fc, { type Arbitrary } from 'fast-check'

/** Names that mean something to JavaScript, YAML, file systems or SQL. */
export const oddNames = fc.constantFrom(
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', ' ', '.', '..', '../x', '/etc/passwd', 'con',
  'a\0b', 'ü', '\ud800', '\ufeff', '\u202e', '<<', '*x', '&x', '!!js/function', '$$', "'", '"', ';--', '%2e', '${x}', '~',
  'length', 'then', 'silver.trips', 'NaN', '1e400', '-0', '0x10', 'null', 'true',
) // prettier-ignore

const scalars = fc.oneof(
  oddNames,
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.double(),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
)

/** Any JSON, with keys that mean something. */
export const anyJson: Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalars, tie('list'), tie('record')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  record: fc
    .array(fc.tuple(fc.oneof(oddNames, fc.string({ maxLength: 6 })), tie('value')), { maxLength: 5 })
    // `fromEntries` defines: it makes `__proto__` a property of its own, as JSON.parse does.
    .map((entries) => Object.fromEntries(entries)),
})).value

/** Pieces of YAML that parsers have stumbled on. */
const pieces = fc.constantFrom(
  'a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: [*c, *c, *c, *c]\n',
  'a: &a\n  b: *a\n', '<<: *x\n', '<<: {a: 1}\n', '__proto__: {polluted: true}\n', 'constructor: {prototype: {polluted: true}}\n',
  '? [a, b]\n: c\n', '? {a: b}\n: c\n', '!!binary aGk=\n', '!!set {a, b}\n', '!!omap [a: 1]\n', '!!timestamp 2001-01-01\n', '!<tag:x> y\n',
  '%YAML 1.1\n---\n', '---\na: 1\n---\nb: 2\n', '...\n', '\ufeff', '\0', '\u2028', '\t', '\r', '|\n  x\n', '>-\n', '- - - - - -\n',
  '[[[[[[[[[[[[', '{{{{{{{{{{', ']', '}', ': ', '- ', '#', '&', '*', '!', '"', "'", '\\', '1e999999', '0o777', '.inf', '.nan',
  '9'.repeat(400), '['.repeat(5000), `${'- '.repeat(3000)}x`, 'a: {'.repeat(500), 'x'.repeat(20_000),
) // prettier-ignore

/** A text that was good, with edits: pieces put in, stretches taken out, doubled or put in another place. */
export function mutated(texts: readonly string[], more: Arbitrary<string> = pieces): Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(10_000),
    fc.nat(60),
    fc.nat(3),
    fc.oneof(more, fc.string({ unit: 'binary', maxLength: 5 })),
  )
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 5 }))
    .map(([text, edits]) =>
      edits.reduce((now, [place, length, kind, piece]) => {
        const at = now.length === 0 ? 0 : place % (now.length + 1)
        const stretch = now.slice(at, at + length)
        if (kind === 0) return now.slice(0, at) + piece + now.slice(at)
        if (kind === 1) return now.slice(0, at) + now.slice(at + length)
        if (kind === 2) return now.slice(0, at) + stretch + stretch + now.slice(at + length)
        return now.slice(0, at) + piece + now.slice(at + length)
      }, text),
    )
}

/** A JSON value with one to three of its parts replaced by any other, or taken away. */
export function replaced(value: object): Arbitrary<object> {
  const edit = fc.tuple(fc.array(fc.nat(30), { maxLength: 5 }), fc.oneof(anyJson, fc.constant(undefined)))
  return fc.array(edit, { minLength: 1, maxLength: 3 }).map((edits) => {
    const copy = structuredClone(value) as Record<string, unknown>
    for (const [path, by] of edits) put(copy, path, by)
    return copy
  })
}

function put(into: Record<string, unknown>, [first = 0, ...rest]: readonly number[], by: unknown): void {
  const keys = Object.keys(into)
  const key = keys[first % Math.max(1, keys.length)]
  if (key === undefined) return
  const inner = into[key]
  if (rest.length > 0 && typeof inner === 'object' && inner !== null)
    put(inner as Record<string, unknown>, rest, by)
  else if (by === undefined) delete into[key]
  else into[key] = by
}
