import { rm } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { figures, rawRows } from './golden.ts'
import { kiva, university } from './kiva-golden.ts'
import { northwind } from './northwind-golden.ts'
import { copyOfProject } from './project.ts'
import { taxi } from './taxi-golden.ts'

const cases = [...northwind, ...taxi, ...kiva, ...university]
const flows = ['northwind', 'northwind_1998', 'taxi', 'kiva', 'university']

describe('independent SQL over the raw files', () => {
  test.each(cases)('$what', async ({ raw, expected }) => {
    expect(figures(await rawRows(raw), expected)).toEqual(expected)
  })
})

describe('the tables that the flows write', () => {
  let project: string
  const results: { [flow: string]: unknown } = {}
  const found = new Map<string, object[]>()

  beforeAll(async () => {
    const { run } = await import('../../src/run/run.ts')
    const { openLake } = await import('../../src/run/open-lake.ts')
    project = await copyOfProject()
    for (const flow of flows) {
      const result = await run(flow, { projectRoot: project, env: 'dev' })
      expect(result.steps.flatMap((step) => step.problems)).toEqual([])
      results[flow] = result.results
    }
    const lake = await openLake({ projectRoot: project, env: 'dev' })
    for (const { what, built } of cases) {
      const { columns, rows } = await lake.query(built)
      const list: object[] = []
      for await (const row of rows) {
        list.push(Object.fromEntries(columns.map(({ name }, at) => [name, row[at]])))
      }
      found.set(what, list)
    }
  }, 180_000)

  afterAll(async () => {
    if (project) await rm(project, { recursive: true, force: true })
  })

  test.each(cases)('$what', ({ what, expected }) => {
    expect(figures(found.get(what) ?? [], expected)).toEqual(expected)
  })

  test('the reject report returns what it counted', () => {
    expect(results['taxi']).toMatchObject({
      reject_report: { kept: 118766, rejected: 1234, share: 1234 / 120000 },
    })
  })

  test('the summary of loans is in the database, once', async () => {
    const { default: Libsql } = await import('libsql')
    const database = new Libsql(path.join(project, 'out/reports.db'), { readonly: true })
    const sum = 'sum(CAST(funded_amount AS REAL))'
    expect(
      database.prepare(`SELECT count(*) AS loans, ${sum} AS funded FROM kiva_loans_summary`).get(),
    ).toMatchObject({
      loans: 493,
      funded: 382475,
    })
    expect(database.prepare('SELECT count(*) AS lines FROM sluice_deliveries').get()).toMatchObject({
      lines: 1,
    })
    database.close()
  })

  test('a second run has nothing to do', async () => {
    const { run } = await import('../../src/run/run.ts')
    for (const flow of flows) {
      const { steps } = await run(flow, { projectRoot: project, env: 'dev' })
      expect(steps.map(({ outcome }) => outcome)).toEqual(steps.map(() => 'fresh'))
    }
  })
})
