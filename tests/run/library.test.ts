import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from './rig.ts'
import { smallFlow } from './small-flow.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let rig: Rig | undefined
afterEach(() => rig?.close())

const main = `import { flow, openLake, run } from 'sluice'
import ingest, { salesFiles } from './notebooks/bronze/ingest.ts'
import totals from './notebooks/silver/totals.ts'
import report from './notebooks/gold/report.ts'

const sales = flow('script').source(salesFiles).step(ingest).step(totals, { args: { least: 6 } }).step(report)
const result = await run(sales, { env: 'dev' })
console.log(JSON.stringify({ ok: result.ok, outcomes: result.steps.map((step) => step.outcome), results: result.results }))
const lake = await openLake({ env: 'dev' })
for await (const row of lake.table('silver.totals').rows()) console.log(JSON.stringify(row))
await lake.close()
`

describe('a plain script', () => {
  it('builds a flow, runs it, and reads its tables', async () => {
    const project = (rig = await Rig.open({ ...smallFlow, 'main.ts': main }))
    const script = async () => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'main.ts'], {
        cwd: project.folder,
        env: { ...process.env, NODE_OPTIONS: '', NODE_PATH: path.join(root, 'node_modules') },
      })
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    }
    await project.link('tsx')
    const [first, ...rows] = await script()
    expect(first).toEqual({ ok: true, outcomes: ['ran', 'ran', 'ran'], results: { report: { count: 2 } } })
    expect(rows.toSorted((a, b) => (String(a['region']) < String(b['region']) ? -1 : 1))).toEqual([
      { region: 'NORTH', total: '10.50' },
      { region: 'SOUTH', total: '20.00' },
    ])
    const [again] = await script()
    expect(again).toMatchObject({ outcomes: ['fresh', 'fresh', 'fresh'], results: { report: { count: 2 } } })
  }, 60_000)
})
