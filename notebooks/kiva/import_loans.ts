import { notebook, sql, table, t } from 'sluice'
import { loansFile } from './sources.ts'

export const loans = table(
  'kiva.loans',
  {
    loan_id: t.integer(),
    name: t.varchar().nullable(),
    language: t.varchar().nullable(),
    description: t.varchar().nullable().describe('In English where a translation was published.'),
    funded_amount: t.decimal(12, 2).check('funded_amount >= 0'),
    loan_amount: t.decimal(12, 2).check('loan_amount > 0'),
    status: t.varchar().oneOf(['funded', 'expired', 'fundRaising', 'refunded']),
  },
  { key: ['loan_id'], description: 'One row for each loan whose line could be read.' },
)

export default notebook({
  description: 'Types the loans. Lines that cannot be read go to kiva.loans_rejects.',
  inputs: { file: loansFile },
  outputs: { loans },
  select: {
    loans: ({ file }) => sql`
      SELECT
        LOAN_ID AS loan_id,
        LOAN_NAME AS name,
        ORIGINAL_LANGUAGE AS language,
        coalesce(DESCRIPTION_TRANSLATED, DESCRIPTION) AS description,
        FUNDED_AMOUNT AS funded_amount,
        LOAN_AMOUNT AS loan_amount,
        STATUS AS status
      FROM ${file} AS f`,
  },
})
