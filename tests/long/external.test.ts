import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

/** A notebook whose SQL reads a file by path; `says` goes into its definition. */
const selecting = (says: string, from = `read_csv('elsewhere/prices.csv')`) =>
  `import { notebook, sql, t, table } from 'sluice'
export const prices = table('a.prices', { name: t.varchar(), price: t.bigint() })
export default notebook({
  outputs: { prices },
  ${says}
  select: { prices: () => sql\`SELECT name, CAST(price AS BIGINT) AS price FROM ${from}\` },
})
`

const running = (says: string, query: string) => `import { notebook, sql, t, table } from 'sluice'
export const found = table('a.found', { n: t.bigint() })
export default notebook({
  outputs: { found },
  ${says}
  async run({ outputs, db }) {
    await db.all(sql\`${query}\`)
    await outputs.found.insert([{ n: 1n }])
  },
})
`

const flowOf = (name: string, file: string) =>
  `import { flow } from 'sluice'\nimport step from '../notebooks/${file}.ts'\nexport default flow('${name}').step(step)\n`

let rig: Rig
beforeAll(async () => {
  rig = await Rig.open({
    'elsewhere/prices.csv': 'name,price\nred,1\nblue,2\n',
    'notebooks/prices.ts': selecting('external: true,'),
    'flows/main.ts': flowOf('main', 'prices'),
  })
})
afterAll(() => rig.close())

describe('a notebook that says external: true', () => {
  it('reads files by path, and is never fresh: Sluice does not see them', async () => {
    expect((await rig.run('main')).outcomes).toEqual({ prices: 'ran' })
    expect(await rig.query('SELECT sum(price) AS n FROM a.prices')).toEqual([{ n: 3 }])
    const { out } = await rig.sluice('explain', 'prices')
    expect(out).toContain('untracked external: true (files that its SQL reads are not seen)')
    await rig.edit('elsewhere/prices.csv', 'blue,2', 'blue,5')
    expect((await rig.run('main')).outcomes).toEqual({ prices: 'ran' })
    expect(await rig.query('SELECT sum(price) AS n FROM a.prices')).toEqual([{ n: 6 }])
  })

  it('is not bound by a check, which opens no file and says so', async () => {
    await rig.write({ 'notebooks/prices.ts': selecting('external: true,', `read_csv('nowhere/at/all.csv')`) })
    const { code, out, err } = await rig.sluice('check')
    expect([code, out + err]).toEqual([0, expect.stringContaining('query/external')])
    expect(out + err).toContain('not checked: external')
  })

  it('is not reused from what another environment computed', async () => {
    await rig.write({ 'notebooks/prices.ts': selecting('external: true,') })
    await rig.run('main')
    expect((await rig.run('main', '--env', 'other')).outcomes).toEqual({ prices: 'ran' })
  })

  it.each([
    [`volatile: true,`, 'ran'],
    [`expires: '1h',`, 'fresh'],
  ])('goes by what it says of its age: %s', async (says, second) => {
    await rig.write({ 'notebooks/prices.ts': selecting(`external: true, ${says}`) })
    expect((await rig.run('main')).code).toBe(0)
    expect((await rig.run('main')).outcomes).toEqual({ prices: second })
  })

  it.each(["'elsewhere/prices.csv'", `"elsewhere/prices.csv"`, `'elsewhere/*.csv'`])(
    'may name a file as a table: FROM %s',
    async (from) => {
      await rig.write({ 'notebooks/prices.ts': selecting('external: true,', from) })
      const { outcomes, out } = await rig.run('main')
      expect(outcomes, out).toEqual({ prices: 'ran' })
    },
  )

  it.each([
    ["COPY (SELECT 1) TO 'elsewhere/out.csv'", 'query/statement'],
    ["ATTACH 'elsewhere/x.db'", 'query/statement'],
    ["SELECT 1; COPY (SELECT 1) TO 'elsewhere/out.csv'", 'query/statement'],
    ["SELECT * FROM query('SELECT 1')", 'query/function-forbidden'],
    ['SELECT * FROM duckdb_secrets()', 'query/function-forbidden'],
    ["SELECT getenv('HOME')", 'query/function-forbidden'],
    ['SELECT * FROM a.prices', 'query/table-unknown'],
    ['SELECT random()', 'query/volatile'],
  ])('may do nothing else: %s', async (query, code) => {
    await rig.write({
      'notebooks/found.ts': running('external: true,', query),
      'flows/found.ts': flowOf('found', 'found'),
    })
    const { lines } = await rig.run('found')
    expect(lines.flatMap(({ problems = [] }) => problems.map((each) => each.code))).toContain(code)
    expect(await rig.files('elsewhere')).toEqual(['prices.csv'])
  })
})

describe('a notebook that does not say it', () => {
  it('reads no file by path in a select', async () => {
    await rig.write({ 'notebooks/prices.ts': selecting('') })
    const { code, lines } = await rig.run('main')
    expect(code).toBe(1)
    const [problem] = lines.flatMap(({ problems = [] }) => problems)
    expect(problem).toMatchObject({
      code: 'query/function-forbidden',
      hint: expect.stringContaining('external: true') as unknown,
    })
  })

  it('reads no file by path in run', async () => {
    const query = "SELECT * FROM read_csv('elsewhere/prices.csv')"
    await rig.write({ 'notebooks/found.ts': running('', query), 'flows/found.ts': flowOf('found', 'found') })
    const { lines } = await rig.run('found')
    expect(lines.flatMap(({ problems = [] }) => problems.map((each) => each.code))).toContain(
      'query/function-forbidden',
    )
    await rig.write({ 'notebooks/found.ts': running('external: true,', query) })
    expect((await rig.run('found')).outcomes).toEqual({ found: 'ran' })
  })
})

describe('engines of other notebooks', () => {
  it('open no file outside of the project and the lake, but for declared sources, also behind links', async () => {
    const far = await mkdtemp(path.join(tmpdir(), 'sluice-far-'))
    await writeFile(path.join(far, 'a.csv'), 'n\n1\n')
    await mkdir(rig.path('raw'))
    await symlink(path.join(far, 'a.csv'), rig.path('raw/linked.csv'))
    const reading = (name: string, file: string) => `import { notebook, source, sql, t, table } from 'sluice'
export const file = source.csv('${file}', { columns: { n: t.bigint() } })
export const out = table('b.${name}', { n: t.bigint() })
export default notebook({
  inputs: { file },
  outputs: { out },
  select: { out: ({ file }) => sql\`SELECT n FROM \${file} AS f\` },
})
`
    await rig.write({
      'notebooks/far.ts': reading('far', `${far}/*.csv`),
      'notebooks/linked.ts': reading('linked', 'raw/*.csv'),
      'flows/far.ts': `import { flow } from 'sluice'
import far, { file as one } from '../notebooks/far.ts'
import linked, { file as two } from '../notebooks/linked.ts'
export default flow('far').source(one).source(two).step(far).step(linked)
`,
    })
    const { outcomes, out } = await rig.run('far')
    expect(outcomes, out).toEqual({ far: 'ran', linked: 'ran' })
    expect(await rig.query('SELECT * FROM b.far, b.linked')).toHaveLength(1)
    await rm(far, { recursive: true })
  })
})
