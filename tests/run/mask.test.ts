import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { maskOf, maskStream } from '../../src/run/mask.ts'

afterEach(() => vi.unstubAllEnvs())

/** What a masked stream tells of a text that comes in pieces. */
function streamed(names: readonly string[], pieces: readonly string[]): string {
  const stream = maskStream(names)
  return pieces.map((piece) => stream.next(piece)).join('') + stream.rest()
}

describe('a secret in a text', () => {
  it.each([
    ['as it is', (s: string) => s],
    ['in JSON', (s: string) => JSON.stringify({ s })],
    ['in JSON in JSON', (s: string) => JSON.stringify(JSON.stringify({ s }))],
    ['in a SQL literal', (s: string) => `'${s.replaceAll("'", "''")}'`],
    ['in an address', (s: string) => `https://x.test/${encodeURIComponent(s)}`],
    ['in a query', (s: string) => String(new URLSearchParams({ s }))],
    ['in XML', (s: string) => `<a>${s.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</a>`],
    ['in Base64', (s: string) => Buffer.from(s).toString('base64')],
    ['in Base64 behind a name', (s: string) => Buffer.from(`ann:${s}`).toString('base64')],
    ['in Base64 behind a longer name', (s: string) => Buffer.from(`anna:${s}`).toString('base64url')],
    ['in hex', (s: string) => Buffer.from(s).toString('hex')],
    ['line by line', (s: string) => s.split('\n').join('\n  | ')],
  ])('is blanked %s', (_, told) => {
    const secret = `first "line" & 'more'\nsecond line with 100%`
    vi.stubEnv('KEY', secret)
    const text = `before ${told(secret)} after`
    const masked = maskOf(['KEY'])(text)
    expect(masked).toContain('***')
    expect(masked).not.toMatch(/second|line|more|Jmly|Zmly|maXJz/)
    expect(masked).toMatch(/^before /)
  })

  it('is not looked for when it is so short that it stands everywhere', () => {
    vi.stubEnv('KEY', 'abc')
    expect(maskOf(['KEY'])('abc def')).toBe('abc def')
  })
})

describe('a text that comes in pieces', () => {
  const letters = fc.constantFrom('a', 'b', 'c')
  const word = fc.string({ unit: letters, minLength: 4, maxLength: 9 })
  const text = fc.array(fc.oneof(word, fc.string({ unit: letters, maxLength: 12 })), { maxLength: 8 })

  it('holds no secret, wherever it is cut', () => {
    fc.assert(
      fc.property(word, word, text, fc.array(fc.nat(60)), (one, two, parts, cuts) => {
        vi.stubEnv('ONE', one)
        vi.stubEnv('TWO', two)
        const whole = [one, ...parts, two, one, ...parts].join('')
        const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].toSorted(
          (a, b) => a - b,
        )
        const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end))
        const told = streamed(['ONE', 'TWO'], pieces)
        expect(told.includes(one) || told.includes(two)).toBe(false)
        expect(told).toBe(maskOf(['ONE', 'TWO'])(whole))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is told whole and at once when no secret is in it', () => {
    vi.stubEnv('KEY', 'secret')
    const stream = maskStream(['KEY'])
    expect(stream.next('a line\n')).toBe('a line\n')
    expect(stream.next('the sec')).toBe('the ')
    expect(stream.next('ond line\n')).toBe('second line\n')
    expect(stream.rest()).toBe('')
    expect(streamed(['KEY'], ['the end is sec', 're'])).toBe('the end is secre')
  })
})
