import { readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig, type Ended, type Line } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'

/** A project that was published once; every mistake must leave its tables as they are. */
let rig: Rig
let published: Record<string, string | null>[]
const content = 'SELECT * FROM gold.report ORDER BY ALL'

beforeAll(async () => {
  rig = await Rig.open(smallFlow)
  const { code, out, err } = await rig.run()
  expect(code, out + err).toBe(0)
  published = await rig.query(content)
  expect(published).toHaveLength(2)
}, 60_000)
afterAll(() => rig.close())

type Told = NonNullable<Line['problems']>[number]

function told(ended: Ended): Told[] {
  return ended.lines.flatMap((line) => [
    ...(line.problems ?? []),
    ...('problem' in line ? [line['problem'] as Told] : []),
  ])
}

interface Mistake {
  readonly what: string
  /** Files to write, or [file, from, to] to edit. */
  readonly edits: readonly (readonly [string, string] | readonly [string, string, string])[]
  readonly code: string
  readonly exit: 1 | 2
  readonly where?: { readonly file: string; readonly line?: number; readonly column?: number }
  readonly says: RegExp
}

const ingest = 'notebooks/bronze/ingest.ts'
const totals = 'notebooks/silver/totals.ts'
const report = 'notebooks/gold/report.ts'
const csv = 'data/sales.csv'
const yaml = 'flows/other.yaml'

const mistakes: readonly Mistake[] = [
  {
    what: 'two producers',
    edits: [['flows/sales.ts', '.step(report)', ".step(report).step(totals, { name: 'again' })"]],
    code: 'flow/two-producers',
    exit: 2,
    where: { file: 'flows/sales.ts' },
    says: /silver\.totals.*totals.*again/,
  },
  {
    what: 'a missing producer',
    edits: [['flows/sales.ts', '.step(ingest)', '']],
    code: 'flow/table-unknown',
    exit: 2,
    where: { file: 'flows/sales.ts' },
    says: /totals.*bronze\.sales/,
  },
  {
    what: 'an unknown notebook',
    edits: [[yaml, 'steps:\n  - notebook: silver/total\n']],
    code: 'notebook/not-found',
    exit: 2,
    where: { file: yaml, line: 2 },
    says: /silver\/total/,
  },
  {
    what: 'a notebook that exports nothing',
    edits: [[report, 'export default notebook', 'export const other = notebook']],
    code: 'notebook/no-export',
    exit: 2,
    says: /report\.ts/,
  },
  {
    what: 'a syntax error',
    edits: [[report, 'let count = 0', 'let count = = 0']],
    code: 'notebook/syntax',
    exit: 2,
    where: { file: report, line: 10 },
    says: /report\.ts/,
  },
  {
    what: 'a module that throws when it is loaded',
    edits: [['notebooks/shared/text.ts', 'import', "throw new Error('not today')\nimport"]],
    code: 'notebook/load',
    exit: 2,
    where: { file: 'notebooks/shared/text.ts', line: 1 },
    says: /not today/,
  },
  {
    what: 'an import that leads nowhere',
    edits: [[totals, '../shared/text.ts', '../shared/texts.ts']],
    code: 'notebook/import-unresolved',
    exit: 2,
    where: { file: totals, line: 4 },
    says: /texts\.ts/,
  },
  {
    what: 'code imported from a notebook',
    edits: [
      [report, 'import { totals } from', 'import other, { totals } from'],
      [report, 'let count = 0', 'let count = other.kind.length * 0'],
    ],
    code: 'notebook/imports-code',
    exit: 2,
    where: { file: report, line: 2 },
    says: /totals\.ts/,
  },
  {
    what: 'a circular import',
    edits: [
      [
        'notebooks/shared/text.ts',
        'import',
        "import { totals as t2 } from '../silver/totals.ts'\nexport const x = () => t2.name\nimport",
      ],
    ],
    code: 'notebook/import-cycle',
    exit: 2,
    says: /text\.ts.*totals\.ts|totals\.ts.*text\.ts/,
  },
  {
    what: 'YAML that does not parse',
    edits: [[yaml, 'steps:\n  - notebook: [silver/totals\n']],
    code: 'flow/syntax',
    exit: 2,
    where: { file: yaml, line: 3, column: 1 },
    says: /other\.yaml/,
  },
  {
    what: 'YAML with an unknown key',
    edits: [[yaml, 'steps:\n  - notebok: silver/totals\n']],
    code: 'flow/invalid',
    exit: 2,
    where: { file: yaml, line: 2, column: 5 },
    says: /notebok/,
  },
  {
    what: 'a wrong arg',
    edits: [['flows/sales.ts', 'least: 1', "least: 'one'"]],
    code: 'notebook/args-invalid',
    exit: 2,
    where: { file: 'flows/sales.ts' },
    says: /totals.*least/,
  },
  {
    what: 'a configuration with a mistake',
    edits: [['sluice.yaml', 'env: dev\nstorrage: x\n']],
    code: 'project/config-invalid',
    exit: 2,
    where: { file: 'sluice.yaml', line: 2, column: 1 },
    says: /storrage/,
  },
  {
    what: 'CSV with a wrong type',
    edits: [[csv, '2,south', 'two,south']],
    code: 'source/value',
    exit: 1,
    where: { file: csv, line: 3 },
    says: /id.*two|two.*id/,
  },
  {
    what: 'CSV with a missing column',
    edits: [[csv, 'id,region,amount,note', 'id,area,amount,note']],
    code: 'source/columns',
    exit: 1,
    where: { file: csv, line: 1 },
    says: /region/,
  },
  {
    what: 'CSV with an extra column',
    edits: [
      [
        csv,
        'id,region,amount,note\n1,north,10.50,a\n2,south,20.00,b\n3,north,5.25,c\n',
        'id,region,amount,note,more\n1,north,10.50,a,x\n',
      ],
    ],
    code: 'source/columns',
    exit: 1,
    where: { file: csv, line: 1 },
    says: /more/,
  },
  {
    what: 'no file at all',
    edits: [[ingest, 'data/*.csv', 'data/*.tsv']],
    code: 'source/not-found',
    exit: 2,
    says: /data\/\*\.tsv/,
  },
  {
    what: 'a table name that leaves the folder',
    edits: [[totals, "'silver.totals'", "'../../totals'"]],
    code: 'contract/name-invalid',
    exit: 2,
    where: { file: totals },
    says: /\.\./,
  },
  {
    what: 'a table name with a quote',
    edits: [[totals, "'silver.totals'", `"silver.to'tals"`]],
    code: 'contract/name-invalid',
    exit: 2,
    where: { file: totals },
    says: /to'tals/,
  },
  {
    what: 'a table name with NUL',
    edits: [[totals, "'silver.totals'", "'silver.to\\0tals'"]],
    code: 'contract/name-invalid',
    exit: 2,
    where: { file: totals },
    says: /silver/,
  },
  {
    what: 'a table name with a glob',
    edits: [[totals, "'silver.totals'", "'silver.*'"]],
    code: 'contract/name-invalid',
    exit: 2,
    where: { file: totals },
    says: /silver\.\*/,
  },
  {
    what: 'a table name that Windows reserves',
    edits: [[totals, "'silver.totals'", "'silver.aux'"]],
    code: 'contract/name-invalid',
    exit: 2,
    where: { file: totals },
    says: /aux/,
  },
  {
    what: 'table names that differ in case only',
    edits: [[report, "'gold.report'", "'SILVER.Totals'"]],
    code: 'contract/name-clash',
    exit: 2,
    says: /silver\.totals/i,
  },
  {
    what: 'columns that differ in case only',
    edits: [[report, '{ line: t.varchar() }', '{ line: t.varchar(), Line: t.varchar() }']],
    code: 'contract/name-clash',
    exit: 2,
    says: /line/i,
  },
]

describe('a mistake in a project', () => {
  it.each(mistakes.map((mistake) => [mistake.what, mistake] as const))(
    '%s is told with its place, and nothing is lost',
    async (_, mistake) => {
      const before = new Map<string, string | undefined>()
      for (const edit of mistake.edits) {
        const [file] = edit
        if (!before.has(file)) before.set(file, await rig.read(file).catch(() => undefined))
        if (edit.length === 2) await rig.write({ [file]: edit[1] })
        else await rig.edit(file, edit[1], edit[2])
      }
      const ended = await rig.run()
      for (const [file, text] of before)
        await (text === undefined ? rig.remove(file) : rig.write({ [file]: text }))
      const problem = told(ended).find(
        ({ code, message }) => code === mistake.code && mistake.says.test(message),
      )
      expect(problem, ended.out + ended.err).toBeDefined()
      expect(problem?.message).toMatch(mistake.says)
      if (mistake.where) expect(problem?.where).toMatchObject(mistake.where)
      expect(ended.code).toBe(mistake.exit)
      expect(await rig.query(content)).toEqual(published)
    },
  )

  it('an encoding that is none is told with its file', async () => {
    await writeFile(
      rig.path('data/latin.csv'),
      Buffer.from('id,region,amount,note\n7,M\xfcnchen,1.00,x\n', 'latin1'),
    )
    const ended = await rig.run()
    await rig.remove('data/latin.csv')
    expect(told(ended)[0]).toMatchObject({ code: 'source/encoding', where: { file: 'data/latin.csv' } })
    expect(ended.code).toBe(1)
    expect(await rig.query(content)).toEqual(published)
  })

  it('several mistakes are told at once, in order of their files', async () => {
    const files = { [report]: await rig.read(report), [totals]: await rig.read(totals) }
    await rig.edit(report, "'gold.report'", "'gold.re port'")
    await rig.edit(totals, "key: ['region']", "key: ['regions']")
    const ended = await rig.run()
    await rig.write(files)
    expect(told(ended).map(({ where }) => where?.file)).toEqual([report, totals])
    expect(ended.code).toBe(2)
  })

  it('a source without rows gives an empty table', async () => {
    const other = await Rig.open({ ...smallFlow, 'data/sales.csv': 'id,region,amount,note\n' })
    expect((await other.run()).code).toBe(0)
    expect(await other.query('SELECT count(*) AS n FROM bronze.sales')).toEqual([{ n: 0 }])
    await other.close()
  })
})

describe('a lake that is damaged', () => {
  it('a manifest that is damaged is named, and the table is written again', async () => {
    const other = await Rig.open(smallFlow)
    await other.run()
    const manifest = await find(other.path('storage/lake/tables'), 'manifest.json', 'silver.totals')
    const text = await readFile(manifest, 'utf8')
    await writeFile(manifest, text.replace('"rows":2', '"rows":3'))
    const shown = await other.sluice('show', 'silver.totals')
    expect(shown.code).toBe(2)
    expect(shown.err + shown.out).toContain('storage/corrupt')
    expect(shown.err + shown.out).toContain('manifest.json')
    await other.close()
  })
})

async function find(folder: string, name: string, within: string): Promise<string> {
  const files = await readdir(folder, { recursive: true })
  const file = files.find((one) => one.endsWith(name) && one.includes(within))
  if (file === undefined) throw new Error(`no ${name} of ${within}`)
  return path.join(folder, file)
}
