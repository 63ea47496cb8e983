import { cp } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'
import { clouds } from '../storage/clouds.ts'
import type { Cloud } from '../storage/clouds.ts'

/** Keys that take references only, and the variables that they refer to here. */
const secrets = {
  accountKey: 'SLUICE_TEST_1',
  accessKeyId: 'SLUICE_TEST_2',
  secretAccessKey: 'SLUICE_TEST_3',
}

describe.each(Object.entries(clouds))('a project whose lake is in %s', (kind, start) => {
  let cloud: Cloud
  const rigs: Rig[] = []
  beforeAll(async () => {
    cloud = await start()
  })
  afterAll(() => cloud.stop())
  afterEach(async () => {
    await Promise.all(rigs.splice(0).map((rig) => rig.close()))
  })

  /** A checkout of the project, and the environment that its storage refers to. */
  async function checkout(
    prefix: string,
  ): Promise<{ rig: Rig; sluice: (...args: string[]) => ReturnType<Rig['with']> }> {
    const env: NodeJS.ProcessEnv = {}
    const options = Object.fromEntries(
      Object.entries(cloud.options).map(([key, value]) => {
        const variable = secrets[key as keyof typeof secrets]
        if (variable === undefined) return [key, value]
        env[variable] = typeof value === 'string' ? value : ''
        return [key, `\${env:${variable}}`]
      }),
    )
    const rig = await Rig.open({
      ...smallFlow,
      'sluice.yaml': 'storage: cloud\n',
      'storage/cloud.yaml': stringify({ kind, prefix, ...options }),
    })
    rigs.push(rig)
    return { rig, sluice: (...args) => rig.with(env, ...args) }
  }

  const outcomes = ({ lines }: Awaited<ReturnType<Rig['with']>>) =>
    lines.flatMap(({ event, outcome }) =>
      event === 'step-finished' && outcome !== undefined ? [outcome] : [],
    )

  it('runs, shows the rows, and has nothing to do the second time, with few requests', async () => {
    const { sluice } = await checkout('runs')
    const first = await sluice('run', '--json')
    expect(first.err).toBe('')
    expect(first.code).toBe(0)
    expect(new Set(outcomes(first))).toEqual(new Set(['ran']))
    const shown = await sluice('query', 'SELECT region, total FROM silver.totals ORDER BY ALL', '--json')
    expect(shown.lines).toEqual([
      { region: 'NORTH', total: '15.75' },
      { region: 'SOUTH', total: '20.00' },
    ])
    cloud.server.counts.clear()
    const second = await sluice('run', '--json')
    expect(second.code).toBe(0)
    expect(outcomes(second).filter((outcome) => outcome !== 'fresh')).toEqual([])
    const requests = [...cloud.server.counts.values()].reduce((sum, count) => sum + count, 0)
    console.log(
      `${kind}: a run with nothing to do made ${requests} requests`,
      Object.fromEntries(cloud.server.counts),
    )
    expect(requests).toBeLessThan(20)
    expect((await sluice('verify')).out).toContain('all is as it was written')
  })

  it('is reused by another checkout that was never here', async () => {
    const one = await checkout('reuse')
    expect((await one.sluice('run', '--json')).code).toBe(0)
    const two = await checkout('reuse')
    await cp(one.rig.path('data'), two.rig.path('data'), { recursive: true, preserveTimestamps: true })
    const run = await two.sluice('run', '--json', '--env', 'other')
    expect(run.code).toBe(0)
    expect(new Set(outcomes(run))).toEqual(new Set(['reused']))
    const rows = await two.sluice(
      'query',
      'SELECT count(*) AS n FROM bronze.sales',
      '--json',
      '--env',
      'other',
    )
    expect(rows.lines).toEqual([{ n: 3 }])
  })
})
