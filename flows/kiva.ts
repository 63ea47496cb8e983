import { flow, sink } from 'sluice'
import importLoans from '../notebooks/kiva/import_loans.ts'
import lenderCounts, { lenderCounts as counts } from '../notebooks/kiva/lender_counts.ts'
import loadErrors from '../notebooks/kiva/load_errors.ts'
import loansSummary, { loansSummary as summary } from '../notebooks/kiva/loans_summary.ts'
import { lendersFile, loansFile } from '../notebooks/kiva/sources.ts'

export default flow('kiva', {
  description: 'Loans to a summary in a database, with the lines that could not be read.',
})
  .source(loansFile)
  .source(lendersFile)
  .step(importLoans)
  .step(loadErrors)
  .step(loansSummary)
  .step(lenderCounts)
  .deliver(
    summary,
    sink.sqlite({ connection: 'reports', table: 'kiva_loans_summary', mode: 'upsert', deletes: true }),
    {
      environments: ['dev', 'prod'],
    },
  )
  .deliver(counts, sink.csv({ file: 'out/kiva_lender_counts.csv' }), { environments: ['dev', 'prod'] })
