import { existsSync } from 'node:fs'
import { symlink, mkdir } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { nightly } from '../crash/seeds.ts'
import { Rig } from '../run/rig.ts'

let rig: Rig
afterEach(() => rig.close())

const notebook = `import { notebook, source, sql, table, t } from 'sluice'
export const raw = source.csv('landing/orders_*.csv', { name: 'deliveries', columns: { id: t.integer() }, archive: true })
export const orders = table('orders', { id: t.integer() })
export default notebook({ inputs: { raw }, outputs: { orders }, select: { orders: ({ raw }) => sql\`SELECT id FROM \${raw}\` } })
`
const flow = `import { flow } from 'sluice'
import take, { raw } from '../notebooks/take.ts'
export default flow('f').source(raw).step(take)
`
const prod = ['--env', 'prod']
/** Calls that move files: two for each. The second leaves a file under both names. */
const kills = nightly ? [1, 2, 3, 4] : [2, 3]

async function project(files: { readonly [file: string]: string } = {}): Promise<void> {
  rig = await Rig.open({
    'notebooks/take.ts': notebook,
    'flows/f.ts': flow,
    'landing/orders_1.csv': 'id\n1\n',
    'landing/orders_2.csv': 'id\n2\n3\n',
    ...files,
  })
}

const ids = async () =>
  (await rig.query('SELECT id FROM orders ORDER BY id', ...prod)).map(({ id }) => Number(id))
const landed = async () => (await rig.files('landing')).filter((name) => name.endsWith('.csv')).toSorted()
const archived = async () =>
  existsSync(rig.path('landing_archive'))
    ? (await rig.files('landing_archive')).filter((name) => name.endsWith('.csv')).toSorted()
    : []

/** What is wrong once nothing is left to do: files that are lost or left behind, and rows that are not there once. */
async function faults(rows: readonly number[], files: readonly string[]): Promise<string[]> {
  const names = new Set((await archived()).map((file) => file.split('/').at(-1)))
  const forced = await rig.run(...prod, '--force')
  const again = await ids()
  return [
    ...((await landed()).length > 0 ? ['left behind'] : []),
    ...files.filter((file) => !names.has(file)).map((file) => `${file} is lost`),
    ...(forced.code === 0 && String(again) === String(rows) ? [] : [`rows ${String(again)}`]),
  ]
}

describe('a landing', () => {
  it('is emptied after the commit, and read again from its archive', async () => {
    await project()
    const first = await rig.run(...prod)
    expect(first.outcomes).toEqual({ take: 'ran' })
    expect(await landed()).toEqual([])
    expect((await archived()).map((file) => file.split('/').at(-1))).toEqual(['orders_1.csv', 'orders_2.csv'])
    expect((await rig.run(...prod)).outcomes).toEqual({ take: 'fresh' })

    await rig.write({ 'landing/orders_3.csv': 'id\n4\n' })
    expect((await rig.sluice('run', ...prod)).out).toContain('input-changed raw: orders_3.csv is new')
    expect(await ids()).toEqual([1, 2, 3, 4])
    expect(await faults([1, 2, 3, 4], ['orders_1.csv', 'orders_2.csv', 'orders_3.csv'])).toEqual([])
  })

  it('counts what is delivered twice once, and takes other content of the same name as more', async () => {
    await project()
    await rig.run(...prod)
    await rig.write({ 'landing/orders_1.csv': 'id\n1\n' })
    expect((await rig.run(...prod)).outcomes).toEqual({ take: 'fresh' })
    expect(await landed()).toEqual([])
    await rig.write({ 'landing/orders_1.csv': 'id\n9\n' })
    expect((await rig.sluice('run', ...prod)).out).toMatch(/orders_1\.csv \([0-9a-f]{8}\) is new/)
    expect(await faults([1, 2, 3, 9], ['orders_1.csv', 'orders_2.csv'])).toEqual([])
  })

  it('stays as it is in other environments, and when the step fails', async () => {
    await project()
    expect((await rig.run()).outcomes).toEqual({ take: 'ran' })
    expect(await landed()).toHaveLength(2)
    await rig.write({ 'landing/orders_3.csv': 'id\nx\n' })
    expect((await rig.run(...prod)).outcomes).toEqual({ take: 'failed' })
    expect(await landed()).toHaveLength(3)
  })

  it('behind a link that leads out of the project is read and left alone', async () => {
    await project()
    const outside = `${rig.folder}-outside`
    await mkdir(outside)
    await symlink(outside, rig.path('landing_archive'))
    const ended = await rig.run(...prod)
    expect(ended.outcomes).toEqual({ take: 'ran' })
    expect(await landed()).toHaveLength(2)
    expect(ended.lines.some((line) => line.event === 'notice' && line['level'] === 'warn')).toBe(true)
  })

  it('is healed by the next run when a run dies at any call that moves its files', async () => {
    const hook = pathToFileURL('tests/crash/landing-hook.mjs').href
    for (const dieAt of kills) {
      await project()
      const env = { NODE_OPTIONS: `--import ${hook}`, SLUICE_TEST_LANDING: JSON.stringify({ dieAt }) }
      expect((await rig.with(env, 'run', ...prod)).code).toBe(null)
      expect((await rig.run(...prod)).outcomes).toEqual({ take: 'fresh' })
      expect(await faults([1, 2, 3], ['orders_1.csv', 'orders_2.csv'])).toEqual([])
      if (dieAt !== kills.at(-1)) await rig.close()
    }
  })

  it('that loses files by moving them over each other is found out', async () => {
    await project()
    const hook = pathToFileURL('tests/crash/landing-hook.mjs').href
    const env = { NODE_OPTIONS: `--import ${hook}`, SLUICE_TEST_LANDING: '{"wrong":true}' }
    await rig.with(env, 'run', ...prod)
    expect(await faults([1, 2, 3], ['orders_1.csv', 'orders_2.csv'])).not.toEqual([])
  })
})
