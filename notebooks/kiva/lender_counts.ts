import { notebook, sql, table, t } from 'sluice'
import { lendersFile } from './sources.ts'

export const lenderCounts = table(
  'kiva_lender_counts',
  { loan_id: t.integer(), lenders: t.integer().check('lenders >= 0') },
  { key: ['loan_id'], description: 'How many people lent for each loan; 0 where nobody has yet.' },
)

export default notebook({
  inputs: { file: lendersFile },
  outputs: { counts: lenderCounts },
  select: {
    counts: ({ file }) => sql`
      SELECT
        LOAN_ID AS loan_id,
        CAST(len(list_filter(string_split(coalesce(LENDERS, ''), ','), lambda name: trim(name) <> '')) AS INTEGER) AS lenders
      FROM ${file} AS f`,
  },
})
