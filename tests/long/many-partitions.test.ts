import { rm, writeFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openLake } from '../../src/index.ts'
import { Rig, type Line } from '../run/rig.ts'

/** More than a head lists. */
const parts = 210

const project = {
  'data/edits.csv': 'part,fare\n-1,1.5\n',
  'notebooks/days.ts': `import { notebook, source, sql, table, t } from 'sluice'
export const edits = source.csv('data/edits.csv', { columns: { part: t.integer(), fare: t.double() } })
export const days = table('bronze.days', { part: t.integer(), fare: t.double() }, { partitionBy: ['part'] })
export default notebook({
  inputs: { edits },
  outputs: { days },
  select: {
    days: ({ edits }) => sql\`SELECT i::INTEGER AS part, coalesce(e.fare, i * 0.5)::DOUBLE AS fare
      FROM range(${parts}) AS r(i) LEFT JOIN \${edits} AS e ON e.part = i\`,
  },
})
`,
  'notebooks/dear.ts': `import { notebook, sql, table, t } from 'sluice'
import { days } from './days.ts'
export const dear = table('silver.dear', { part: t.integer(), fare: t.double() }, { partitionBy: ['part'] })
export default notebook({
  inputs: { days },
  outputs: { dear },
  partition: { by: 'part' },
  select: { dear: ({ days }) => sql\`SELECT part, fare + 1 AS fare FROM \${days}\` },
})
`,
  'flows/days.ts': `import { flow } from 'sluice'
import days, { edits } from '../notebooks/days.ts'
import dear from '../notebooks/dear.ts'
export default flow('days').source(edits).step(days).step(dear)
`,
}

async function opened(): Promise<Rig> {
  const rig = await Rig.open(project)
  onTestFinished(() => rig.close())
  const first = await rig.run()
  expect(first.outcomes, first.out + first.err).toEqual({ days: 'ran', dear: 'ran' })
  return rig
}

async function fileOf(rig: Rig, table: string, part: number): Promise<string> {
  const { out } = await rig.sluice('path', table, '--partition', `part=${part}`)
  return out.trim()
}

const planned = (lines: readonly Line[]) =>
  lines
    .filter(({ event }) => event === 'partitions-planned')
    .map(({ step, stale, fresh }) => [step, stale, fresh])

test('a lost or changed partition of very many is noticed, and it alone is made again', async () => {
  const rig = await opened()
  expect((await rig.plan()).outcomes).toEqual({ days: 'fresh', dear: 'fresh' })

  await rm(await fileOf(rig, 'silver.dear', 7))
  const lost = await rig.plan()
  expect(lost.outcomes).toEqual({ days: 'fresh', dear: 'stale' })
  expect(lost.reasons['dear']).toEqual(['output-missing'])
  expect((await rig.sluice('explain', 'dear')).out).toContain('part=7: a file is gone or was edited')
  // First rows are read from the first files alone; all of them are not there.
  const lake = await openLake({ projectRoot: rig.folder })
  const dear = lake.table('silver.dear')
  const { rows, total } = await dear.preview(3)
  expect({ parts: rows.map(([part]) => Number(part)).toSorted((a, b) => a - b), total }).toEqual({
    parts: [0, 1, 2],
    total: parts,
  })
  await expect(dear.preview(parts)).rejects.toThrow('is missing')
  await lake.close()
  const again = await rig.run()
  expect(again.outcomes).toEqual({ days: 'fresh', dear: 'ran' })
  expect(planned(again.lines)).toEqual([['dear', 1, parts - 1]])

  await rm(await fileOf(rig, 'bronze.days', 8))
  const upstream = await rig.run()
  expect(upstream.reasons['days']).toEqual(['output-missing'])
  expect(planned(upstream.lines)).toEqual([])
  const verified = await rig.sluice('verify')
  expect(verified.code, verified.out + verified.err).toBe(0)

  await writeFile(rig.path('data/edits.csv'), 'part,fare\n9,1000\n')
  const changed = await rig.run()
  expect(planned(changed.lines)).toEqual([['dear', 1, parts - 1]])
  const [sums] = await rig.query(
    'SELECT count(*)::INTEGER AS rows, max(fare)::INTEGER AS most FROM silver.dear',
  )
  expect(sums).toEqual({ rows: parts, most: 1001 })
})
