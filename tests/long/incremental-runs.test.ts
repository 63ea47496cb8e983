import { expect, onTestFinished, test } from 'vitest'
import { customersNotebook } from '../run/customers.ts'
import { Rig, type Ended } from '../run/rig.ts'

const files = {
  'data/orders_1.csv': 'id,customer,amount\n1,ann,10\n2,bob,20\n',
  'notebooks/orders.ts': `import { notebook, source, sql, t, table } from 'sluice'
const columns = { id: t.integer(), customer: t.varchar(), amount: t.integer() }
export const orderFiles = source.csv('data/orders_*.csv', { name: 'raw.orders', columns, rejects: 'bronze.bad_lines' })
export const orders = table('bronze.orders', {
  ...columns, amount: t.integer().check('amount >= 0', { onFailure: 'reject' }),
}, { key: ['id'], rejects: 'bronze.bad_orders' })
export default notebook({
  incremental: 'append', inputs: { files: orderFiles }, outputs: { orders },
  select: { orders: ({ files }) => sql\`SELECT id, customer, amount FROM \${files.changes().added}\` },
})
`,
  'notebooks/customers.ts': customersNotebook,
  'notebooks/ids.ts': `import { notebook, t, table } from 'sluice'
import { orders } from './orders.ts'
export const ids = table('gold.ids', { id: t.integer() }, { key: ['id'] })
export default notebook({
  incremental: 'append', inputs: { orders: orders.pick('id') }, outputs: { ids },
  async run({ inputs, outputs }) {
    for await (const row of inputs.orders.changes().added.rows()) await outputs.ids.insert(row)
  },
})
`,
  'flows/shop.ts': `import { flow } from 'sluice'
import orders, { orderFiles } from '../notebooks/orders.ts'
import customers from '../notebooks/customers.ts'
import ids from '../notebooks/ids.ts'
export default flow('shop').source(orderFiles).step(orders).step(customers).step(ids)
`,
}

async function project(more: { readonly [file: string]: string } = {}): Promise<Rig> {
  const rig = await Rig.open({ ...files, ...more })
  onTestFinished(() => rig.close())
  return rig
}

type Incremental = { full?: string; changes?: Record<string, object>; byChanges: string[] }

function how({ lines }: Ended, step: string): Incremental | undefined {
  const ended = lines.find((line) => line.event === 'step-finished' && line.step === step)
  return ended?.['incremental'] as Incremental | undefined
}

/** The rows of a table, the values of each with commas between them. */
const rows = async (rig: Rig, table: string): Promise<string[]> => {
  const found = await rig.query(`SELECT * FROM ${table} ORDER BY ALL`)
  return found.map((row) => Object.values(row).join(','))
}

test('what changed is added, everywhere that it must be', async () => {
  const rig = await project()
  const first = await rig.run()
  expect(how(first, 'orders')?.full).toBe('first run')

  await rig.write({ 'data/orders_2.csv': 'id,customer,amount\n3,ann,5\n4,cid,-1\nx,dan,7\n' })
  const second = await rig.run()
  expect(second.outcomes).toEqual({ orders: 'ran', customers: 'ran', ids: 'ran' })
  expect(how(second, 'orders')).toEqual({ byChanges: ['files'], changes: { files: { files: 1 } } })
  const changes = { orders: { added: 1, removed: 0, since: 'bronze.orders@1' } }
  expect(how(second, 'customers')).toEqual({ byChanges: ['orders'], changes })
  expect(how(second, 'ids')).toEqual({ byChanges: ['orders'], changes })
  expect(await rows(rig, 'gold.customers')).toEqual(['ann,15', 'bob,20'])
  expect(await rows(rig, 'gold.ids')).toEqual(['1', '2', '3'])
  expect((await rows(rig, 'bronze.bad_orders'))[0]).toMatch(/^4,cid,-1/)
  expect(await rows(rig, 'bronze.bad_lines')).toHaveLength(1)

  // All anew gives the same rows, so that every table keeps its version.
  const forced = await rig.run('--force')
  expect(how(forced, 'customers')?.full).toBe('forced')
  const written = forced.lines.flatMap(
    (line) => (line['tables'] ?? []) as { table: string; unchanged: boolean }[],
  )
  expect(written.filter(({ unchanged }) => !unchanged)).toEqual([])
  expect((await rig.sluice('verify')).code).toBe(0)

  await rig.write({ 'data/orders_2.csv': 'id,customer,amount\n5,bob,1\n' })
  const third = await rig.run()
  expect(how(third, 'orders')?.full).toBe('data/orders_2.csv of raw.orders changed')
  expect(how(third, 'ids')?.full).toBe('bronze.orders lost 1 row since @2')
  expect(how(third, 'customers')?.full).toBeUndefined()
  expect(await rows(rig, 'gold.customers')).toEqual(['ann,10', 'bob,21'])
  expect(await rows(rig, 'gold.ids')).toEqual(['1', '2', '5'])
  expect(await rows(rig, 'bronze.bad_orders')).toEqual([])
  expect((await rig.sluice('explain', 'ids')).out).toContain(
    'computed incrementally, full rebuild: bronze.orders lost 1 row since @2',
  )
})

test('a key that old and new rows share fails the step, and the table stays', async () => {
  const rig = await project()
  await rig.run()
  await rig.write({ 'data/orders_2.csv': 'id,customer,amount\n2,bob,21\n' })
  const failed = await rig.run()
  expect(failed.outcomes['orders']).toBe('failed')
  expect(failed.lines.flatMap(({ problems = [] }) => problems.map(({ code }) => code))).toContain(
    'contract/key',
  )
  expect(await rows(rig, 'bronze.orders')).toEqual(['1,ann,10', '2,bob,20'])
  await rig.write({ 'data/orders_2.csv': 'id,customer,amount\n3,bob,21\n' })
  expect(how(await rig.run(), 'orders')?.full).toBeUndefined()
  expect(await rows(rig, 'bronze.orders')).toEqual(['1,ann,10', '2,bob,20', '3,bob,21'])
})

test('an environment goes on from what it was begun from; a promoted and a restored table are what they say', async () => {
  const rig = await project()
  await rig.run()
  expect((await rig.sluice('env', 'create', 'feature', '--from', 'dev')).code).toBe(0)
  await rig.write({ 'data/orders_2.csv': 'id,customer,amount\n3,ann,5\n' })
  const forked = await rig.run('--env', 'feature')
  expect(how(forked, 'orders')?.full).toBeUndefined()
  expect(how(forked, 'customers')?.changes).toEqual({
    orders: { added: 1, removed: 0, since: 'bronze.orders@1' },
  })
  expect((await rig.sluice('promote', 'feature', '--to', 'dev', '--yes')).code).toBe(0)
  await rig.write({ 'data/orders_3.csv': 'id,customer,amount\n4,cid,1\n' })
  const promoted = await rig.run()
  expect(how(promoted, 'customers')?.full).toBeUndefined()
  expect(await rows(rig, 'gold.customers')).toEqual(['ann,15', 'bob,20', 'cid,1'])

  expect((await rig.sluice('restore', 'gold.customers@1')).code).toBe(0)
  await rig.write({ 'data/orders_4.csv': 'id,customer,amount\n6,ann,1\n' })
  expect((await rig.run()).outcomes['customers']).toBe('fresh')
  expect((await rig.sluice('release', 'gold.customers')).code).toBe(0)
  const released = await rig.run()
  expect(how(released, 'customers')?.full).toMatch(/^output changed/)
  expect(await rows(rig, 'gold.customers')).toEqual(['ann,16', 'bob,20', 'cid,1'])
})

test('a flow that publishes as a whole adds as others do', async () => {
  const whole = files['flows/shop.ts'].replace("flow('shop')", "flow('shop', { publish: 'run' })")
  const rig = await project({ 'flows/shop.ts': whole })
  await rig.run()
  for (const number of [2, 3]) {
    await rig.write({ [`data/orders_${number}.csv`]: `id,customer,amount\n${number * 10},ann,1\n` })
    const ended = await rig.run()
    expect(how(ended, 'orders')?.full).toBeUndefined()
    expect(how(ended, 'customers')?.changes).toMatchObject({ orders: { added: 1, removed: 0 } })
  }
  expect(await rows(rig, 'gold.ids')).toEqual(['1', '2', '20', '30'])
  expect(await rows(rig, 'gold.customers')).toEqual(['ann,12', 'bob,20'])
})

test('code that does not ask for the changes of what changed is run again, for all rows', async () => {
  const rig = await project({
    'notebooks/ids.ts': files['notebooks/ids.ts'].replace(
      'inputs.orders.changes().added.rows()',
      'inputs.orders.rows()',
    ),
  })
  await rig.run()
  await rig.write({ 'data/orders_2.csv': 'id,customer,amount\n3,ann,5\n' })
  expect(how(await rig.run(), 'ids')?.full).toBe('bronze.orders changed, and is not read by changes()')
  expect(await rows(rig, 'gold.ids')).toEqual(['1', '2', '3'])
})
