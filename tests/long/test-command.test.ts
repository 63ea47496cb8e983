import { readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { junitFaults, sarifFaults } from '../report/schemas.ts'
import { exampleProject, sluice } from '../cli/rig.ts'

const packages = fileURLToPath(new URL('../../node_modules', import.meta.url))

async function withVitest(): Promise<string> {
  const cwd = await exampleProject()
  await symlink(path.join(packages, 'vitest'), path.join(cwd, 'node_modules/vitest'))
  return cwd
}

test(
  'test runs the tests that init writes and checks the tables, by the packed entry',
  { timeout: 240_000 },
  async () => {
    const cwd = await withVitest()
    await sluice(['run'], { cwd })
    const { code, stdout } = await sluice(['test', '--json'], { cwd })
    const said = JSON.parse(stdout) as { notebooks: object; tables: { table: string; problems: unknown[] }[] }
    expect(said.notebooks).toEqual({ passed: 1, failed: 0, skipped: 0, code: 0 })
    expect(said.tables.map(({ table, problems }) => [table, problems])).toEqual([
      ['silver.sales', []],
      ['gold.revenue_by_city', []],
    ])
    expect(code).toBe(0)

    const mistyped = await sluice(['test', 'reveneu', 'silver', 'nothing-at-all'], { cwd })
    expect([mistyped.code, mistyped.stdout]).toEqual([2, ''])
    expect(mistyped.stderr).toContain("no test file and no table has 'reveneu' in its name")
    expect(mistyped.stderr).toContain("did you mean 'revenue'?")
    expect(mistyped.stderr).toContain("'nothing-at-all'")
    expect(mistyped.stderr).not.toContain("'silver' in its name")
    expect((await sluice(['test', 'silver', '--no-tables'], { cwd })).code).toBe(2)

    // A contract of today that the table of yesterday does not keep, and a test that fails.
    const notebook = path.join(cwd, 'notebooks/silver/clean_sales.ts')
    const text = await readFile(notebook, 'utf8')
    await writeFile(notebook, text.replace('amount > 0', 'amount > 10'))
    const broken = await sluice(['test', '--no-notebooks', 'silver', '--report', 'junit=o/t.xml'], { cwd })
    const tables = await readFile(path.join(cwd, 'o/t.xml'), 'utf8')
    expect(await junitFaults(tables)).toEqual([])
    expect(tables).toContain('<testsuite name="tables" time="0.000" tests="1" failures="1"')
    expect(broken.code).toBe(1)
    expect(broken.stdout).toContain('amount > 10')
    expect(broken.stdout).toContain('0 of 1 table good')
    await writeFile(notebook, text.replace('amount > ${args.least}', 'amount >= 0'))
    const reports = ['junit=o/n.xml', 'markdown=o/n.md', 'json=o/n.jsonl', 'sarif=o/n.sarif', 'github']
    const words = ['test', '--no-tables', ...reports.flatMap((each) => ['--report', each]), '--', '--bail=1']
    const failed = await sluice(words, { cwd })
    expect(failed.code).toBe(1)
    expect(failed.stdout).toMatch(
      /::error file=tests\/clean_sales\.test\.ts,line=\d+,col=\d+,title=test\/failed::/,
    )
    const read = (name: string) => readFile(path.join(cwd, 'o', name), 'utf8')
    const xml = await read('n.xml')
    expect(await junitFaults(xml)).toEqual([])
    expect(xml).toContain('<testsuite name="tests/clean_sales.test.ts"')
    expect(xml).toContain('tests="1" failures="1"')
    expect(await read('n.md')).toContain('### ✗ Sluice tests: 1 failed')
    expect(JSON.parse((await read('n.jsonl')).trim())).toMatchObject({ case: { outcome: 'failed' } })
    expect(sarifFaults(await read('n.sarif'))).toEqual([])
  },
)

test('test names the package that is missing', async () => {
  const cwd = await exampleProject()
  const { code, stderr } = await sluice(['test'], { cwd })
  expect([code, stderr]).toEqual([2, expect.stringContaining('[test/package-missing]')])
  expect(stderr).toContain('npm install -D vitest')
})

test('new test writes a test that passes, from real rows or made ones', { timeout: 240_000 }, async () => {
  const cwd = await withVitest()
  const made = await sluice(['new', 'test', 'revenue_by_city'], { cwd })
  expect([made.code, made.stderr]).toEqual([0, ''])
  expect(made.stdout).toContain("! no rows of 'silver.sales' are at hand")
  await sluice(['run'], { cwd })
  expect((await sluice(['new', 'test', 'revenue_by_city'], { cwd })).code).toBe(2)
  expect((await sluice(['new', 'test', 'revenue_by_city', '--force'], { cwd })).code).toBe(0)
  const text = await readFile(path.join(cwd, 'tests/gold/revenue_by_city.test.ts'), 'utf8')
  expect(text).toContain("{ city: 'Berlin', sales: 2n, revenue: '22.40' }")
  expect((await sluice(['test', '--no-tables'], { cwd })).code).toBe(0)
  const { code, stderr } = await sluice(['new', 'test', 'revenue'], { cwd })
  expect([code, stderr]).toEqual([2, expect.stringContaining("there is no notebook 'revenue'")])
})
