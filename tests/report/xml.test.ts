import fc from 'fast-check'
import { expect, test } from 'vitest'
import { element, xmlDocument, xmlText } from '../../src/report/xml.ts'
import { parseXml } from './schemas.ts'

/** Any text: halves of surrogate pairs, control characters, markup and colours too. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
  fc.string({
    unit: fc.constantFrom('<', '>', '&', ']', '"', "'", '\r', '\n', '\t', ' ', '\u001b[31m', '\0', '�', 'a'),
  }),
)

test('any text comes back from a parser, as an attribute and as content, but for what XML cannot hold', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const root = parseXml(xmlDocument(element('a', { b: text }, text)))
      expect(root.getAttribute('b')).toBe(xmlText(text))
      expect(root.textContent).toBe(xmlText(text))
    }),
    { numRuns: 2000 },
  )
})

test('text that XML can hold is not changed', () => {
  const whole = ' \t\r\n]]> <b>&amp;"\' é 😀 \u0085 \ufffd '
  expect(xmlText(whole)).toBe(whole)
})

test.each([
  ['colours', 'a\u001b[31mb\u001b[0m', 'ab'],
  ['commands to a terminal', '\u001b]0;title\u0007x', 'x'],
  ['control characters', 'a\u0000b\u0007c\u001bd', 'a�b�c�d'],
  ['halves of a pair', '\ud800a\udc00', '�a�'],
  ['what is no character', '\ufffe\uffff', '��'],
])('%s are taken out', (_, text, expected) => {
  expect(xmlText(text)).toBe(expected)
})

test('elements nest, and attributes without a value are left out', () => {
  expect(element('a', { x: 1, y: undefined }, [element('b', {}), element('c', {}, 'd')])).toBe(
    '<a x="1">\n<b/>\n<c>d</c>\n</a>',
  )
})

test('the parser of these tests refuses what is not well-formed', () => {
  expect(() => parseXml('<a b="<"/>')).toThrow()
  expect(() => parseXml('<a><b></a>')).toThrow()
})
