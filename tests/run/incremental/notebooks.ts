import { flow, notebook, source, sql, t, table } from '../../../src/index.ts'

/** The notebooks of the stories: sources and tables, appended and merged, keyed and not, in chains. */
const fields = { id: t.integer(), customer: t.varchar().nullable(), amount: t.integer() }

const logFiles = source.csv('log/*.csv', { name: 'raw.log', columns: fields })
const itemFile = source.csv('items.csv', { name: 'raw.items', columns: fields })
const bagFile = source.csv('bag.csv', { name: 'raw.bag', columns: fields })

const log = table('bronze.log', fields)
const items = table('bronze.items', fields, { key: ['id'] })
const bag = table('bronze.bag', fields)
const large = table('silver.large', { id: t.integer(), amount: t.integer() })
const perLog = table('silver.per_log', { customer: t.varchar(), amount: t.integer() })
const bagged = table('silver.bagged', { amount: t.integer(), doubled: t.bigint() })
const kept = table('silver.kept', { id: t.integer(), customer: t.varchar().nullable() }, { key: ['id'] })
const totals = table('gold.totals', { customer: t.varchar(), total: t.bigint() }, { key: ['customer'] })
const bigKept = table('gold.big_kept', { item: t.integer(), tens: t.bigint() }, { key: ['item'] })
const named = table('gold.named', { id: t.integer(), amount: t.integer() }, { key: ['id'] })

const all = [
  [
    'log',
    notebook({
      incremental: 'append',
      inputs: { raw: logFiles },
      outputs: { log },
      select: { log: ({ raw }) => sql`FROM ${raw.changes().added}` },
    }),
  ],
  [
    'items',
    notebook({
      inputs: { raw: itemFile },
      outputs: { items },
      select: { items: ({ raw }) => sql`FROM ${raw}` },
    }),
  ],
  [
    'bag',
    notebook({ inputs: { raw: bagFile }, outputs: { bag }, select: { bag: ({ raw }) => sql`FROM ${raw}` } }),
  ],
  [
    'large',
    notebook({
      incremental: 'append',
      inputs: { log: log.pick('id', 'amount') },
      outputs: { large },
      select: {
        large: ({ log: raw }) => sql`SELECT id, amount FROM ${raw.changes().added} WHERE amount > 3`,
      },
    }),
  ],
  [
    'per_log',
    notebook({
      incremental: 'append',
      inputs: { log, bag },
      outputs: { perLog },
      select: {
        perLog: ({ log: raw, bag: others }) => sql`
          SELECT l.customer, l.amount FROM ${raw.changes().added} l
          WHERE l.customer IN (SELECT customer FROM ${others})`,
      },
    }),
  ],
  [
    'bagged',
    notebook({
      incremental: 'append',
      inputs: { bag: bag.pick('amount') },
      outputs: { bagged },
      run: async ({ inputs, outputs }) => {
        const { added } = inputs.bag.changes()
        await outputs.bagged.insert(
          (await added.all()).map(({ amount }) => ({ amount, doubled: BigInt(amount * 2) })),
        )
      },
    }),
  ],
  [
    'kept',
    notebook({
      incremental: 'merge',
      inputs: { items: items.pick('id', 'customer') },
      outputs: { kept },
      select: {
        kept: ({ items: raw }) =>
          sql`SELECT id, customer FROM ${raw.changes().added} WHERE customer IS NOT NULL`,
      },
    }),
  ],
  [
    'totals',
    notebook({
      incremental: 'merge',
      inputs: { items, log },
      outputs: { totals },
      select: {
        totals: ({ items: raw, log: lines }) => sql`
          WITH changed AS (
            SELECT customer FROM ${raw.changes().added} UNION ALL SELECT customer FROM ${raw.changes().removed}
            UNION ALL SELECT customer FROM ${lines.changes().added} UNION ALL SELECT customer FROM ${lines.changes().removed}
          ), both_of_them AS (SELECT customer, amount FROM ${raw} UNION ALL SELECT customer, amount FROM ${lines})
          SELECT customer, sum(amount) AS total FROM both_of_them
          WHERE customer IN (SELECT customer FROM changed WHERE customer IS NOT NULL) GROUP BY customer`,
      },
    }),
  ],
  [
    'big_kept',
    notebook({
      incremental: 'merge',
      inputs: { kept },
      outputs: { bigKept },
      select: {
        bigKept: ({ kept: raw }) => sql`SELECT id AS item, id // 10 AS tens FROM ${raw.changes().added}`,
      },
      deletes: { bigKept: ({ kept: raw }) => sql`SELECT id AS item FROM ${raw.changes().removed}` },
    }),
  ],
  [
    'named',
    notebook({
      incremental: 'merge',
      inputs: { items },
      outputs: { named },
      run: async ({ inputs, outputs }) => {
        const { added } = inputs.items.changes()
        await outputs.named.write(sql`SELECT id, amount FROM ${added} WHERE amount > 1`)
      },
    }),
  ],
] as const

/** By the names of their steps. */
export const notebooks = new Map<string, (typeof all)[number][1]>(all)

export const stories = flow('stories')
  .source(logFiles)
  .source(itemFile)
  .source(bagFile)
  .step(all[0][1], { name: 'log' })
  .step(all[1][1], { name: 'items' })
  .step(all[2][1], { name: 'bag' })
  .step(all[3][1], { name: 'large' })
  .step(all[4][1], { name: 'per_log' })
  .step(all[5][1], { name: 'bagged' })
  .step(all[6][1], { name: 'kept' })
  .step(all[7][1], { name: 'totals' })
  .step(all[8][1], { name: 'big_kept' })
  .step(all[9][1], { name: 'named' })
