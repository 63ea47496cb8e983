import { expect, test } from 'vitest'
import { exampleProject, sluice } from './rig.ts'

test(
  'the lineage of a column and the impact of a change are told from the project alone',
  { timeout: 60_000 },
  async () => {
    const cwd = await exampleProject()
    const lineage = await sluice(['lineage', 'gold.revenue_by_city.revenue'], { cwd })
    expect(lineage).toMatchObject({ code: 0, stderr: '' })
    expect(lineage.stdout).toContain(
      '   │     └─ raw_data/sales*.csv.amount\n   └─ rows by silver.sales: city\n',
    )
    const impact = await sluice(['impact', 'silver.sales.city', '--json'], { cwd })
    expect(JSON.parse(impact.stdout)).toMatchObject({
      of: { table: 'silver.sales', column: 'city' },
      steps: [{ step: 'revenue_by_city', direct: true, opaque: false }],
      flows: ['sales'],
      problems: [],
    })
    const wrong = await sluice(['impact', 'silver.sales.citi'], { cwd })
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toContain("did you mean 'city'?")
  },
)
