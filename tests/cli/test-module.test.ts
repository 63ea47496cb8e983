import { format } from 'prettier'
import { expect, test } from 'vitest'
import { testModule, type TestParts } from '../../src/cli/scaffold/test-module.ts'

const about = { title: 'a/b', variable: 'b', from: '../notebooks/a/b.ts', args: {}, secrets: {} }
const word = 'abcdefghij '
const wide = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`column_${at}`, `value ${at}`]))

const cases: readonly (readonly [string, Partial<TestParts>])[] = [
  ['rows of few columns', { inputs: { raw: [{ a: 1 }, { a: 2 }] }, outputs: { out: [{ a: 1 }] } }],
  [
    'rows of several columns',
    {
      inputs: { raw: [{ a: 1, b: 2n }] },
      outputs: {
        out: [
          { a: 1, b: '1.5' },
          { a: 2, b: null },
        ],
      },
    },
  ],
  ['wide rows', { inputs: { raw: [wide, wide] }, outputs: { out: [wide] } }],
  [
    'many short rows',
    { inputs: { raw: Array.from({ length: 40 }, (_, id) => ({ id })) }, outputs: { out: [{ n: 40 }] } },
  ],
  ['no rows and no inputs', { inputs: {}, outputs: { out: [] } }],
  ['nothing but a result', { inputs: { raw: [] }, outputs: {} }],
  [
    'args and secrets',
    {
      args: { least: 5, words: ['a', 'b'] },
      secrets: { TOKEN: 'secret' },
      inputs: { raw: [{}] },
      outputs: { out: [{ a: 1 }] },
    },
  ],
  ['what is given and expected', { inputs: { raw: [{ a: 1 }] }, outputs: { out: [{ a: 1 }] } }],
  [
    'long texts',
    {
      inputs: { raw: [{ text: word.repeat(12), texts: word.repeat(12), b: word.repeat(12), t: "it's" }] },
      outputs: { out: [{ 'a b': '"', n: 1e21 }] },
    },
  ],
  [
    'lists and structs',
    {
      inputs: {
        raw: [
          {
            list: [1, 2, 3],
            many: Array.from({ length: 60 }, (_, at) => at * 7),
            s: {
              x: 1,
              y: [
                { a: 1, b: 2 },
                { a: 3, b: 4 },
              ],
            },
          },
        ],
      },
      outputs: {
        out: [
          {
            words: Array.from({ length: 20 }, () => word),
            pairs: [
              [1, 2],
              [3, 4],
            ],
            none: [],
          },
        ],
      },
    },
  ],
  [
    'bytes, times and numbers',
    {
      inputs: { raw: [{ blob: new Uint8Array(50), at: new Date('2024-02-29T12:00:00Z'), n: -0.5, f: NaN }] },
      outputs: { out: [{ ok: true, big: -5n }] },
    },
  ],
  [
    'many outputs',
    {
      inputs: { raw: [{ a: 1 }] },
      outputs: {
        one: [
          { a: 1, b: 2 },
          { a: 2, b: 3 },
        ],
        two: [],
        many: Array.from({ length: 20 }, (_, id) => ({ id, name: word })),
      },
    },
  ],
]

test.each(cases)('a new test has the form that prettier gives it: %s', async (_, parts) => {
  const text = testModule({ ...about, inputs: {}, outputs: {}, ...parts })
  const options = { parser: 'typescript', semi: false, singleQuote: true, printWidth: 110 } as const
  expect(text).toBe(await format(text, options))
})
