/** A notebook that merges: the totals of those customers whose orders have changed. */
export const customersNotebook = `import { notebook, sql, table, t } from 'sluice'
import { orders } from './orders.ts'
export const customers = table('gold.customers', { customer: t.varchar(), total: t.bigint() }, { key: ['customer'] })
export default notebook({
  incremental: 'merge', inputs: { orders }, outputs: { customers },
  select: { customers: ({ orders: all }) => sql\`SELECT customer, sum(amount) AS total FROM \${all}
    WHERE customer IN (SELECT customer FROM \${all.changes().added} UNION ALL SELECT customer FROM \${all.changes().removed})
    GROUP BY customer\` },
})
`
