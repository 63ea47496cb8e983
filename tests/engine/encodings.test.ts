import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CsvDialect, TextEncoding } from '../../src/contract/source.ts'
import { t } from '../../src/contract/types.ts'
import { openRig, problemsIn, readAll, sourceInput, type Rig } from './kit.ts'
import { readParted } from './kit-parted.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const columns = { id: t.integer(), name: t.varchar() }
const text = 'id,name\n1,café\n2,€ 5\n'
const both = [
  { id: 1, name: 'café' },
  { id: 2, name: '€ 5' },
]
const windows = Buffer.from(text.replace('€', '\u0080'), 'latin1')
const latin = Buffer.from('id,name\n1,café\n', 'latin1')
const marked = Buffer.from(`\ufeff${text}`, 'utf16le')
/** `id,name`, a good row and a bad one, by Zstandard. */
const zstd = Buffer.from('KLUv/QBYgQAAaWQsbmFtZQoxLGEKeCxiCg==', 'base64')
/** `{"id":1,"at":{"x":1,"tags":["a","b"]}}` */
const zstdJson = Buffer.from('KLUv/QBYOQEAeyJpZCI6MSwiYXQiOnsieCI6MSwidGFncyI6WyJhIiwiYiJdfX0K', 'base64')

async function read(bytes: Uint8Array, dialect: CsvDialect, name = 'a.csv') {
  return readAll(rig, sourceInput('raw', columns, [await rig.file(name, bytes)], { dialect }))
}

describe('a CSV source', () => {
  it.each<[string, Uint8Array, TextEncoding, object[]]>([
    ['Windows-1252', windows, 'windows-1252', both],
    ['Latin-1', latin, 'latin-1', both.slice(0, 1)],
    ['UTF-16 with a mark', marked, 'utf-16', both],
    ['UTF-16 without a mark', Buffer.from(text, 'utf16le'), 'utf-16', both],
    ['UTF-16 of the other byte order', Buffer.from(marked).swap16(), 'utf-16', both],
    ['UTF-8 that says so', Buffer.from(text), 'utf-8', both],
  ])('is read in %s', async (_, bytes, encoding, rows) => {
    expect(await read(bytes, { encoding })).toEqual(rows)
    expect(await read(gzipSync(bytes), { encoding }, 'a.csv.gz')).toEqual(rows)
  })

  it.each<[string, Uint8Array, CsvDialect, number]>([
    ['Windows-1252 as UTF-8', windows, {}, 2],
    ['Windows-1252 as Latin-1', windows, { encoding: 'latin-1' }, 3],
    ['half a letter of UTF-16', Buffer.concat([marked, Buffer.from([0])]), { encoding: 'utf-16' }, 4],
    ['half a pair of UTF-16', Buffer.from('id,name\n1,a\n2,\ud800,\n', 'utf16le'), { encoding: 'utf-16' }, 3],
    [
      'a byte that Windows-1252 has not',
      Buffer.from('id,name\n1,\x81\n', 'latin1'),
      { encoding: 'windows-1252' },
      2,
    ],
  ])('is refused with its line: %s', async (_, bytes, dialect, line) => {
    const [problem] = await problemsIn(read(bytes, dialect))
    expect([problem?.code, problem?.where?.line]).toEqual(['source/encoding', line])
    expect(problem?.where?.file).toMatch(/a\.csv$/)
    expect(problem?.hint).toBeDefined()
  })

  it('tells wrong values and bad rows of the file itself, not of a copy', async () => {
    const bytes = Buffer.from('id,name\nx,caf\u00e9\n', 'latin1')
    const [problem] = await problemsIn(read(bytes, { encoding: 'latin-1' }))
    expect(problem?.where?.file).toMatch(/a\.csv$/)
    const { bad } = await readParted(rig, [bytes], columns, { dialect: { encoding: 'latin-1' } })
    expect(bad).toEqual([expect.objectContaining({ file: 'f0', line: 2n, raw: 'x,café' })])
  })

  it('is read from Zstandard, and its bad rows are found there', async () => {
    const { good, bad } = await readParted(rig, [zstd], columns, { ending: 'csv.zst' })
    expect([good, bad]).toEqual([
      [{ id: 1, name: 'a' }],
      [expect.objectContaining({ line: 3n, column: 'id', raw: 'x,b' })],
    ])
    const [problem] = await problemsIn(read(zstd, {}, 'a.csv.zst'))
    expect(problem?.where?.line).toBe(3)
  })
})

it('a source of JSON is read from gzip and Zstandard', async () => {
  const types = { id: t.integer(), at: t.struct({ x: t.integer(), tags: t.list(t.varchar()) }) }
  const row = { id: 1, at: { x: 1, tags: ['a', 'b'] } }
  const packed: readonly [string, Uint8Array][] = [
    ['a.ndjson.zst', zstdJson],
    ['a.ndjson.gz', gzipSync(JSON.stringify(row))],
  ]
  for (const [name, bytes] of packed) {
    const files = [await rig.file(name, bytes)]
    expect(await readAll(rig, sourceInput('raw', types, files, { format: 'ndjson' }))).toEqual([row])
  }
})
