import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf, digestOfOrdered } from '../../src/base/digest.ts'

describe('digestOf', () => {
  it('is the same whatever the order of keys, and another one for another value', () => {
    expect(digestOf({ b: 1, a: [1, 2] })).toBe(digestOf({ a: [1, 2], b: 1 }))
    expect(digestOf({ a: [2, 1] })).not.toBe(digestOf({ a: [1, 2] }))
  })

  it('is what digestOfOrdered gives when the keys are in order', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    )
    const object = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => !/^\d/.test(key) && key !== '__proto__'),
      fc.oneof(value, fc.array(value)),
    )
    fc.assert(
      fc.property(object, (made) => {
        const ordered = Object.fromEntries(
          Object.keys(made)
            .toSorted()
            .map((key) => [key, made[key]]),
        )
        expect(digestOfOrdered(ordered)).toBe(digestOf(made))
      }),
    )
  })
})
