import { afterEach, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

let rig: Rig
afterEach(() => rig.close())

const take = (kind: string) => `import { notebook, source, sql, table, t } from 'sluice'
export const raw = source.csv('data/t_*.csv', {
  name: 'trip_files', columns: { id: t.integer() }, rejects: 'bronze.bad', maxRejects: '50%',
})
export const trips = table('trips', { id: t.integer() })
export default notebook({
  inputs: { raw },
  outputs: { trips },
  ${
    kind === 'select'
      ? 'select: { trips: ({ raw }) => sql`SELECT id FROM ${raw}` }'
      : 'async run({ inputs, outputs }) { for await (const row of inputs.raw.rows()) await outputs.trips.insert([row]) }'
  },
})
`
const count = `import { notebook, sql, table, t } from 'sluice'
import { raw } from './take.ts'
export const counted = table('counted', { n: t.bigint() })
export default notebook({
  inputs: { bad: raw.rejects },
  outputs: { counted },
  select: { counted: ({ bad }) => sql\`SELECT count(*) AS n FROM \${bad}\` },
})
`
const flow = `import { flow } from 'sluice'
import take, { raw } from '../notebooks/take.ts'
import count from '../notebooks/count.ts'
export default flow('f').source(raw).step(take).step(count)
`

it.each(['select', 'run'])(
  'bad rows are told, kept and read downstream, and too many fail the step: %s',
  async (kind) => {
    rig = await Rig.open({
      'notebooks/take.ts': take(kind),
      'notebooks/count.ts': count,
      'flows/f.ts': flow,
      'data/t_1.csv': 'id\n1\nx\n2\n',
    })
    const first = await rig.run()
    expect(first.outcomes).toEqual({ take: 'ran', count: 'ran' })
    expect(first.lines.filter(({ event }) => event === 'source-read')).toEqual([
      expect.objectContaining({
        step: 'take',
        source: 'trip_files',
        files: 1,
        rows: 3,
        rejected: 1,
        rejects: 'bronze.bad',
      }),
    ])
    expect(await rig.query('SELECT file, line, raw FROM bronze.bad')).toEqual([
      expect.objectContaining({ file: 'data/t_1.csv', raw: 'x' }),
    ])
    await rig.write({ 'data/t_2.csv': 'id\ny\nz\n' })
    const second = await rig.run()
    expect(second.outcomes).toEqual({ take: 'failed', count: 'blocked' })
    const problems = second.lines.flatMap((line) => line.problems ?? [])
    expect(problems.map(({ code }) => code)).toEqual(['source/too-many-rejects'])
    expect(await rig.query('SELECT n FROM counted')).toHaveLength(1)
    expect(await rig.query('SELECT id FROM trips')).toHaveLength(2)
  },
)
