import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { t } from '../../src/contract/types.ts'
import { openRig, type Rig } from './kit.ts'
import { readParted, type PartedRows } from './kit-parted.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const columns = { id: t.integer(), name: t.varchar().nullable(), amount: t.decimal(8, 2).nullable() }
const header = 'id,name,amount'

/** A row as it stands in a file, and what becomes of it. */
interface Row {
  readonly raw: string
  readonly id?: number
}

const id = fc.integer({ min: 1, max: 99_999 })
const name = fc.constantFrom(
  '',
  'ann',
  '"a,b"',
  '"a ""b"""',
  '"l\nm"',
  '"l\r\nm"',
  ' x ',
  'é😀',
  '"#"',
  "o'hara",
)
const amount = fc.constantFrom('', '1', '1.50', '-3.25', '"7"')
const goodRow = fc.tuple(id, name, amount).map(([id, ...rest]): Row => ({ raw: [id, ...rest].join(','), id }))
const badRow = fc
  .tuple(name, fc.constantFrom('x', '1.7', '', '2147483648', '"9', '9"'), amount, fc.nat(5))
  .map(([name, id, amount, kind]): Row => {
    if (kind === 0) return { raw: `1,${name}` }
    if (kind === 1) return { raw: `1,${name},${amount},more` }
    if (kind === 2) return { raw: `1,${name},oops` }
    if (kind === 3) return { raw: `1,"a"b,${amount}` }
    return { raw: `${id.replaceAll('"', '')}x,${name},${amount}` }
  })
const file = fc.record({
  rows: fc.array(fc.oneof({ weight: 4, arbitrary: goodRow }, { weight: 1, arbitrary: badRow }), {
    maxLength: 40,
  }),
  end: fc.constantFrom('\n', '\r\n'),
  last: fc.boolean(),
  skip: fc.nat(2),
  packed: fc.boolean(),
})
type File = typeof file extends fc.Arbitrary<infer T> ? T : never

function textOf({ rows, end, last, skip }: File): string {
  const lines = [...Array.from({ length: skip }, () => 'to skip'), header, ...rows.map(({ raw }) => raw)]
  return lines.join(end) + (last ? end : '')
}

/** What must be told of a file, from how it was made. */
function expected(files: readonly File[]) {
  const good = files.flatMap(({ rows }) => rows.flatMap(({ id }) => id ?? []))
  const bad = files.flatMap(({ rows, skip }, at) => {
    let line = skip + 2
    return rows.flatMap(({ raw, id }) => {
      const begins = line
      line += raw.split(/\r\n|\n/).length
      return id === undefined ? [{ file: `f${at}`, line: BigInt(begins), raw }] : []
    })
  })
  return { good: good.toSorted((a, b) => a - b), bad }
}

/** What is wrong with what was read. */
function faults({ good, bad, counts }: PartedRows, files: readonly File[]): string[] {
  const wanted = expected(files)
  const same = (one: unknown, other: unknown) => {
    const text = (value: unknown) =>
      JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}` : each))
    return text(one) === text(other)
  }
  const ids = good.map((row) => Number(row['id'])).toSorted((a, b) => a - b)
  const told = bad.map(({ file, line, raw }) => ({ file, line, raw }))
  return [
    ...(same(ids, wanted.good) ? [] : ['good rows']),
    ...(same(told, wanted.bad) ? [] : ['bad rows']),
    ...(counts.rows === ids.length + told.length && counts.rejected === told.length ? [] : ['counts']),
  ]
}

async function read(files: readonly File[]): Promise<PartedRows> {
  // Files of one source share their dialect.
  const dialect = { skip: files[0]?.skip ?? 0 }
  const texts = files.map((each) => (each.packed ? gzipSync(textOf(each)) : textOf(each)))
  return readParted(rig, texts, columns, { dialect, ending: files[0]?.packed ? 'csv.gz' : 'csv' })
}

describe('rows of random files', () => {
  it('are either good or rejected, each once, with their lines and raw texts', async () => {
    const some = fc
      .array(file, { minLength: 1, maxLength: 3 })
      .map((files) => files.map((each) => ({ ...each, skip: files[0]?.skip ?? 0, packed: false })))
    await fc.assert(
      fc.asyncProperty(some, async (files) => {
        expect(faults(await read(files), files)).toEqual([])
      }),
      { numRuns: 30 },
    )
  })

  it('are found out when one is lost, or a line is wrong', () => {
    const made: File = {
      rows: [{ raw: '1,a,', id: 1 }, { raw: 'x,b,' }],
      end: '\n',
      last: true,
      skip: 0,
      packed: false,
    }
    const read = {
      good: [{ id: 1 }],
      bad: [{ file: 'f0', line: 3n, raw: 'x,b,' }],
      counts: { rows: 2, rejected: 1 },
    }
    expect(faults(read, [made])).toEqual([])
    expect(faults({ ...read, good: [] }, [made])).toEqual(['good rows', 'counts'])
    expect(faults({ ...read, bad: [{ file: 'f0', line: 2n, raw: 'x,b,' }] }, [made])).toEqual(['bad rows'])
    expect(faults({ ...read, counts: { rows: 1, rejected: 1 } }, [made])).toEqual(['counts'])
  })
})
