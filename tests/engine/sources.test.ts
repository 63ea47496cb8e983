import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Columns } from '../../src/contract/column.ts'
import { t } from '../../src/contract/types.ts'
import {
  contract,
  openRig,
  problemsIn,
  readAll,
  sourceInput,
  writeRows,
  type Rig,
  type SourceOptions,
} from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const columns = { id: t.integer(), name: t.varchar().nullable(), amount: t.decimal(10, 2).nullable() }

async function read(
  text: string | Uint8Array,
  options: SourceOptions = {},
  named = 'a.csv',
  types: Columns = columns,
) {
  return readAll(rig, sourceInput('raw', types, [await rig.file(named, text)], options))
}

describe('a JSON source', () => {
  const types = {
    id: t.bigint(),
    name: t.varchar().nullable(),
    tags: t.list(t.varchar()).nullable(),
    at: t.struct({ x: t.integer(), y: t.double() }).nullable(),
    deep: t.list(t.struct({ n: t.bigint(), of: t.list(t.integer()) })).nullable(),
  }
  it.each<[string, 'json' | 'ndjson', string, object[]]>([
    [
      'one array',
      'json',
      '[{"id": 1, "name": "a", "tags": ["x"], "at": {"x": 1, "y": 2.5}}]',
      [{ id: 1n, name: 'a', tags: ['x'], at: { x: 1, y: 2.5 }, deep: null }],
    ],
    ['an empty array', 'json', '[]', []],
    [
      'one object a line',
      'ndjson',
      '{"id": 1}\n{"id": 2, "name": "b"}\n',
      [
        { id: 1n, name: null, tags: null, at: null, deep: null },
        { id: 2n, name: 'b', tags: null, at: null, deep: null },
      ],
    ],
    ['an empty file of lines', 'ndjson', '', []],
    [
      'lists of structs of lists, and what is missing in them',
      'ndjson',
      '{"id": 1, "deep": [{"n": 9007199254740993, "of": [1, null, 2.0]}, null, {"n": null}]}\n{"id": 2, "at": null}',
      [
        {
          id: 1n,
          name: null,
          tags: null,
          at: null,
          deep: [{ n: 9007199254740993n, of: [1, null, 2] }, null, { n: null, of: null }],
        },
        { id: 2n, name: null, tags: null, at: null, deep: null },
      ],
    ],
    [
      'large whole numbers',
      'ndjson',
      '{"id": 9007199254740993}',
      [{ id: 9007199254740993n, name: null, tags: null, at: null, deep: null }],
    ],
  ])('is read: %s', async (_, format, text, rows) => {
    // Two threads read: which of two rows comes first is not said.
    const found = await read(text, { format }, `a.${format}`, types)
    expect(found.toSorted((one, two) => Number(one['id']) - Number(two['id']))).toEqual(rows)
  })

  it.each<[string, 'json' | 'ndjson', string, string, number | undefined]>([
    ['broken', 'ndjson', '{"id": 1}\n{"id": 2\n{"id": 3}\n', 'source/format', 3],
    ['no array', 'json', '{"id": 1}', 'source/format', undefined],
    ['an empty file', 'json', '', 'source/format', 1],
    ['no objects', 'json', '[1, 2]', 'source/value', undefined],
    ['a value of another type', 'ndjson', '{"id": 1}\n{"id": "x"}\n', 'source/value', 2],
    ['a fraction in a whole number', 'ndjson', '{"id": 1.7}\n', 'source/value', undefined],
    ['a fraction in a struct', 'ndjson', '{"id": 1, "at": {"x": 1.7, "y": 1}}\n', 'source/value', undefined],
    ['a fraction deep inside', 'json', '[{"id": 1, "deep": [{"of": [1, 1.5]}]}]', 'source/value', undefined],
    ['a text deep inside', 'ndjson', '{"id": 1, "deep": [{"of": ["x"]}]}\n', 'source/value', 1],
    ['bytes that are no UTF-8', 'json', '[{"id": 1, "name": "caf\xe9"}]', 'source/encoding', undefined],
    ['a key that is not declared', 'ndjson', '{"id": 1}\n{"id": 2, "nam": "x"}\n', 'source/columns', 1],
  ])('is refused: %s', async (_, format, text, code, line) => {
    const problems = await problemsIn(read(Buffer.from(text, 'latin1'), { format }, `a.${format}`, types))
    expect(problems.map((problem) => problem.code)).toEqual([code])
    expect(problems[0]!.where?.file).toMatch(/a\.(nd)?json$/)
    expect(problems[0]!.where?.line).toBe(line)
  })

  it('ignores other keys when told', async () => {
    expect(
      await read('{"id": 1, "x": 2}', { format: 'ndjson', extra: 'ignore', pick: ['id'] }, 'a.ndjson', types),
    ).toEqual([{ id: 1n }])
  })
})

describe('a Parquet source', () => {
  const wide = { id: t.bigint(), price: t.decimal(12, 4) }
  const file = async (types: Columns, rows: object[]) => writeRows(rig, contract('t', types), rows)

  it('takes narrower types without loss, and files of different schemas', async () => {
    const files = [
      await file({ id: t.integer(), price: t.decimal(10, 2) }, [{ id: 1, price: '1.25' }]),
      await file({ price: t.decimal(12, 4), id: t.bigint() }, [{ id: 2n, price: '2.5' }]),
    ]
    const rows = await readAll(rig, sourceInput('raw', wide, files, { format: 'parquet' }))
    expect(rows.toSorted((a, b) => Number(a['id']) - Number(b['id']))).toEqual([
      { id: 1n, price: '1.2500' },
      { id: 2n, price: '2.5000' },
    ])
  })

  it.each<[string, Columns, object, string[]]>([
    [
      'a type that could lose something',
      { id: t.bigint(), price: t.double() },
      { id: 1n, price: 1.5 },
      ['contract/type-mismatch'],
    ],
    ['a missing column', { id: t.bigint() }, { id: 1n }, ['source/columns']],
    [
      'a column too many',
      { ...wide, more: t.varchar() },
      { id: 1n, price: '1', more: 'x' },
      ['source/columns'],
    ],
  ])('is refused: %s', async (_, types, row, codes) => {
    const work = readAll(rig, sourceInput('raw', wide, [await file(types, [row])], { format: 'parquet' }))
    expect((await problemsIn(work)).map(({ code }) => code)).toEqual(codes)
  })

  it('names the file that is damaged', async () => {
    const good = await file(wide, [{ id: 1n, price: '1' }])
    const bytes = await readFile(good)
    const cut = await rig.file('cut.parquet', bytes.subarray(0, bytes.length - 20))
    const problems = await problemsIn(
      readAll(rig, sourceInput('raw', wide, [good, cut], { format: 'parquet' })),
    )
    expect(problems.map(({ code, where }) => [code, where?.file])).toEqual([['source/format', cut]])
  })
})
