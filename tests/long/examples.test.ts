import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { backfill } from '../../src/run/backfill.ts'
import { openLake } from '../../src/run/open-lake.ts'
import { run } from '../../src/run/run.ts'
import { copyOfProject } from '../examples/project.ts'

const patience = { timeout: 120_000 }

async function withProject(work: (project: string) => Promise<void>): Promise<void> {
  const project = await copyOfProject()
  try {
    await work(project)
  } finally {
    await rm(project, { recursive: true, force: true })
  }
}

/** The values of the first column of a query, over the tables of an environment. */
async function column(projectRoot: string, env: string, query: string): Promise<unknown[]> {
  const lake = await openLake({ projectRoot, env })
  const list: unknown[] = []
  for await (const [value] of (await lake.query(query)).rows) list.push(value)
  return list
}

test(
  'a file of the taxi flow that comes late is one month; what is before the lookback waits for a backfill',
  patience,
  () =>
    withProject(async (projectRoot) => {
      const file = (month: string) =>
        path.join(projectRoot, `data/nyc-taxi/yellow_tripdata_sample_2019-${month}.csv.gz`)
      const aside = (month: string) => path.join(projectRoot, `late-${month}.csv.gz`)
      const months = (query: string) => column(projectRoot, 'dev', query)
      const ran = async () => {
        const { steps } = await run('taxi', { projectRoot, env: 'dev' })
        expect(steps.flatMap(({ problems }) => problems)).toEqual([])
        return steps.filter(({ outcome }) => outcome === 'ran').map(({ step }) => step)
      }
      for (const month of ['06', '11']) await rename(file(month), aside(month))
      await ran()
      expect(await months('SELECT count(DISTINCT month) FROM silver.trips')).toEqual([10n])
      const files = async () => (await openLake({ projectRoot, env: 'dev' })).table('bronze.trips').files()
      const before = new Set(await files())

      // Within the lookback: it goes through to gold.
      await rename(aside('11'), file('11'))
      expect(await ran()).toContain('revenue_by_month')
      expect(await months('SELECT month FROM gold.revenue_by_month ORDER BY ALL')).toHaveLength(11)
      expect((await files()).filter((each) => !before.has(each))).toHaveLength(1)

      // Before it: told, and left to people.
      await rename(aside('06'), file('06'))
      expect(await ran()).toEqual(['ingest_trips'])
      const { steps } = await run('taxi', { projectRoot, env: 'dev' })
      const told = steps.find(({ step }) => step === 'clean_trips')
      expect(told).toMatchObject({ outcome: 'fresh' })
      expect(JSON.stringify(told)).toContain('10000 rows of month=2019-06')
      expect(await months("SELECT count(*) FROM silver.trips WHERE month = '2019-06'")).toEqual([0n])

      const waiting = (await openLake({ projectRoot, env: 'dev' })).table('silver.trips')
      const filter = { month: '2019-06' }
      expect(await waiting.partitions(filter)).toMatchObject([
        { name: 'month=2019-06', rows: 0, late: 10000 },
      ])
      expect(await waiting.partitions()).toHaveLength(12)

      const { partitions } = await backfill('clean_trips', {
        projectRoot,
        env: 'dev',
        from: '2019-06',
        to: '2019-06',
      })
      expect(partitions.map(({ partition }) => partition)).toEqual(['month=2019-06'])
      await ran()
      expect(await months('SELECT count(*) FROM silver.trips')).toEqual([118766n])
      expect(await months('SELECT sum(trips) FROM gold.revenue_by_month')).toEqual([118766n])
    }),
)

test('files of the university land, are counted, archived, and read back', patience, () =>
  withProject(async (projectRoot) => {
    const env = 'prod'
    const landed = async () => (await readdir(path.join(projectRoot, 'landing/university'))).toSorted()
    const students = () => column(projectRoot, env, 'SELECT sum(students) FROM university.enrolment_counts')
    const late = path.join(projectRoot, 'landing/university/enrolments_2024-autumn.csv')
    const aside = path.join(projectRoot, 'enrolments_2024-autumn.csv')
    await rename(late, aside)
    const first = await run('university', { projectRoot, env })
    expect(first.ok).toBe(true)
    expect(await landed()).toEqual([])
    const archive = path.join(projectRoot, 'landing/university_archive')
    expect(existsSync(path.join(archive, first.run, 'enrolments_2023-autumn.csv'))).toBe(true)
    const [some] = await students()

    const again = await run('university', { projectRoot, env })
    expect(again.steps.map(({ outcome }) => outcome)).toEqual(['fresh', 'fresh', 'fresh'])
    await rename(aside, late)
    const second = await run('university', { projectRoot, env })
    expect(second.steps.map(({ outcome }) => outcome)).toEqual(['fresh', 'ran', 'ran'])
    expect(Number((await students())[0])).toBeGreaterThan(Number(some))
    expect((await readdir(archive)).toSorted()).toEqual([first.run, second.run].toSorted())

    // All anew, from the archive alone: the same rows, so the same version.
    const forced = await run('university', { projectRoot, env, force: true })
    expect(forced.steps.flatMap(({ tables }) => tables.map(({ unchanged }) => unchanged))).not.toContain(
      false,
    )
  }),
)
