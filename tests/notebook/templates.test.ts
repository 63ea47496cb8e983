import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cook } from '../../src/notebook/cooked.ts'
import { templatesIn } from '../../src/notebook/templates.ts'

describe('the text of a template', () => {
  const pieces = [
    'a',
    'é',
    '😀',
    ' ',
    '\n',
    '\r\n',
    '\r',
    '\\n',
    '\\`',
    '\\u00e9',
    '\\u{1F600}',
    '\\x41',
    '\\\n',
  ]
  const more = ['\\\r\n', '\\$', '\\\\', '\\0', '\\q', "'", '\\t', '"', '/*', '}']

  it('is what the program sees', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces, ...more)), (parts) => {
        const source = parts.join('')
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the language itself is the judge
        const seen = new Function(`return \`${source}\``)() as string
        const { text, at } = cook(source)
        expect(text).toBe(seen)
        expect(at).toHaveLength(seen.length + 1)
        expect(at).toEqual(at.toSorted((a, b) => a - b))
      }),
    )
  })

  it('knows where its letters stand', () => {
    const source = 'é\\u00e9\\\n\\`x'
    const { text, at } = cook(source)
    expect(text).toBe('éé`x')
    expect(at).toEqual([0, 1, 9, 11, 12])
    expect(source[at[3] ?? 0]).toBe('x')
  })
})

describe('the templates of a module', () => {
  it('are found with their strings, values and the properties around them', () => {
    const source = 'export default { select: { out: () => sql`a ${f(`}`)} b ${sql`c`}` } }'
    const { templates } = templatesIn('a.ts', source)
    expect(templates.map(({ strings, keys }) => [strings.map(({ text }) => text), keys])).toEqual([
      [
        ['a ', ' b ', ''],
        ['select', 'out'],
      ],
      [['c'], ['select', 'out']],
    ])
    const [outer] = templates
    expect(outer?.values.map(({ start, end }) => source.slice(start, end))).toEqual(['${f(`}`)', '${sql`c`'])
    expect(outer?.strings.map(({ start, text }) => source.slice(start, start + text.length))).toEqual([
      'a ',
      ' b ',
      '',
    ])
  })
})
