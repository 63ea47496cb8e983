import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mistakes } from './mistakes.ts'
import { Rig, type Ended } from './rig.ts'

let rig: Rig
let text: Ended
let json: Ended
beforeAll(async () => {
  rig = await Rig.open(mistakes)
  text = await rig.sluice('check')
  json = await rig.sluice('check', '--json')
}, 120_000)
afterAll(() => rig.close())

/** Line and column, from 1, of a text in a file: of its last letter's first when `of` says where in it. */
async function placeIn(file: string, around: string, of = around): Promise<[number, number]> {
  const source = await rig.read(file)
  const at = source.indexOf(of, source.indexOf(around))
  const before = source.slice(0, at).split('\n')
  return [before.length, (before.at(-1) ?? '').length + 1]
}

describe('a project full of mistakes', () => {
  it('is told of at once, and is not valid', async () => {
    expect(text.code, text.err).toBe(2)
    await expect(text.out.replace(/in [\d.]+m?s\n$/, 'in 1.0s\n')).toMatchFileSnapshot('mistakes.golden.txt')
  })

  it.each([
    ['an unknown column in a CTE', 'notebooks/silver/cte.ts', 'query/bind', 'priice'],
    ['an unknown column in a join', 'notebooks/silver/join.ts', 'query/bind', 'b.custmer'],
    ['a table named by text', 'notebooks/silver/by_text.ts', 'query/table-unknown', 'bronze.orders)'],
    ['a column in a file of SQL', 'notebooks/silver/daily.sql', 'query/bind', 'amont'],
    ['a column in a piece of another module', 'notebooks/shared/pieces.ts', 'query/bind', 'ordered_at >='],
    ['a cast that loses digits', 'notebooks/silver/lossy.ts', 'query/lossy-cast', 'CAST(amount'],
    ['a column that is missing', 'notebooks/silver/columns.ts', 'contract/column-missing', 'id, CAST'],
    ['a column too much', 'notebooks/silver/columns.ts', 'contract/column-extra', 'placed_at\n'],
    ['a column of another type', 'notebooks/silver/columns.ts', 'contract/type-mismatch', 'CAST(amount'],
    ['a missing column after a CTE', 'notebooks/silver/after.ts', 'contract/column-missing', '* FROM late'],
    ['a column too much in a CTE', 'notebooks/silver/after.ts', 'contract/column-extra', 'placed_at, 2'],
    ['another type in a CTE', 'notebooks/silver/after.ts', 'contract/type-mismatch', "'größer' || amount"],
    ['a pick by chance', 'notebooks/silver/first.ts', 'query/order', 'LIMIT 3'],
    ['an aggregate by chance', 'notebooks/silver/first.ts', 'query/order', 'list(placed_at)'],
    ['a type that there is not', 'notebooks/silver/typed.ts', 'contract/type-unknown', 'decimal(99'],
    ['a key without its column', 'notebooks/silver/checked.ts', 'contract/column-missing', 'table('],
    ['an arg of another type', 'flows/silver.ts', 'notebook/args-invalid', 'step(needs'],
    ['a table that nobody produces', 'flows/nobody.ts', 'flow/table-unknown', 'step(twice'],
    ['an unknown key of a flow', 'flows/other.yaml', 'flow/invalid', 'notebok'],
    ['an unknown setting', 'sluice.yaml', 'project/config-invalid', 'concurency'],
    ['a storage of no kind', 'storage/lab.yaml', 'storage/config-invalid', 'locl'],
    ['modules in a circle', 'notebooks/gold/a.ts', 'notebook/import-cycle', "import { b } from './b.ts'"],
  ])('%s is told at its line and column', async (_, file, code, at) => {
    const [line, column] = await placeIn(file, at)
    expect(json.lines).toContainEqual({
      problem: expect.objectContaining({ code, where: { file, line, column } }) as unknown,
    })
  })

  it('a line that stands twice is told where it is meant', async () => {
    const file = 'notebooks/silver/twice.ts'
    const found = json.lines.map((line) => line['problem'] as { where?: object })
    const places = found.flatMap(({ where }) =>
      where && 'file' in where && where.file === file ? [where] : [],
    )
    const first = await placeIn(file, 'SELECT id,', 'client')
    const second = await placeIn(file, 'SELECT id + 0', 'client')
    expect(places).toEqual([first, second].map(([line, column]) => ({ file, line, column })))
  })
})
