import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safeText } from '../../src/report/safe-text.ts'

describe('text for people', () => {
  it.each([
    ['a\u001b[2Jb', 'a\ufffd[2Jb'],
    ['\u001b]8;;http://x.test\u0007link', '\ufffd]8;;http://x.test\ufffdlink'],
    ['a\rb', 'a\ufffdb'],
    ['a\u009b31mb', 'a\ufffd31mb'],
    ['txt\u202egnp.exe', 'txt\ufffdgnp.exe'],
    ['\u001b[31mred\u001b[0m\tand\nmore ü 日 \u{1f511}', '\u001b[31mred\u001b[0m\tand\nmore ü 日 \u{1f511}'],
  ])('%j keeps colours, lines and tabs, and nothing else that a terminal obeys', (text, safe) => {
    expect(safeText(text, false)).toBe(safe)
  })

  it.each([
    '::error::x',
    '  ::set-output name=a::b',
    'a\n::stop-commands::t',
    'a ##[add-mask]x',
    '###[group]x',
  ])('%j is no command in a workflow of GitHub, and looks the same', (text) => {
    const safe = safeText(text, true)
    expect(safe).not.toMatch(/^\s*::|##\[/m)
    expect(safe.replaceAll('\u2060', '')).toBe(text)
    expect(safeText(text, false)).toBe(text)
  })

  it('is safe whatever it is made of', () => {
    const piece = fc.constantFrom(
      '::',
      ':',
      '#',
      '[',
      '##[',
      '\n',
      ' ',
      '\u001b',
      '\u001b[',
      '1m',
      '\r',
      'x',
      '\u202e',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const safe = safeText(pieces.join(''), true)
        expect(safe).not.toMatch(/^\s*::|##\[/m)
        // eslint-disable-next-line no-control-regex -- control characters are what is looked for
        expect(safe).not.toMatch(/\u001b(?!\[[0-9;]*m)|\r|\u202e/)
      }),
      { numRuns: 2_000 },
    )
  })
})
