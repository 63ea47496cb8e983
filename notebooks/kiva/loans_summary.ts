import { notebook, sql, table, t } from 'sluice'
import { loans } from './import_loans.ts'

export const loansSummary = table(
  'kiva_loans_summary',
  {
    loan_id: t.integer(),
    funded_amount: t.decimal(12, 2),
    loan_amount: t.decimal(12, 2),
    status: t.varchar(),
  },
  { key: ['loan_id'], description: 'What was asked for and what came together, by loan.' },
)

export default notebook({
  inputs: { loans: loans.pick('loan_id', 'funded_amount', 'loan_amount', 'status') },
  outputs: { summary: loansSummary },
  select: {
    summary: ({ loans }) => sql`SELECT loan_id, funded_amount, loan_amount, status FROM ${loans} AS l`,
  },
})
