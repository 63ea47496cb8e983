import { source, t } from 'sluice'

/** Loans as kiva.org publishes them; eight of the 34 columns are read. Lines that cannot be read are kept. */
export const loansFile = source.csv('data/kiva/loans.csv', {
  name: 'kiva.loans_file',
  description: 'Loans, one in a line; the rows are made up, the header is the published one.',
  extra: 'ignore',
  rejects: 'kiva.loans_rejects',
  maxRejects: '2%',
  columns: {
    LOAN_ID: t.integer(),
    LOAN_NAME: t.varchar().nullable(),
    ORIGINAL_LANGUAGE: t.varchar().nullable(),
    DESCRIPTION: t.varchar().nullable(),
    DESCRIPTION_TRANSLATED: t.varchar().nullable(),
    FUNDED_AMOUNT: t.decimal(12, 2),
    LOAN_AMOUNT: t.decimal(12, 2),
    STATUS: t.varchar(),
  },
})

export const lendersFile = source.csv('data/kiva/loans_lenders.csv', {
  name: 'kiva.loans_lenders_file',
  description: 'Who lent for each loan: names with commas between them, nothing where nobody has yet.',
  columns: {
    LOAN_ID: t.integer(),
    LENDERS: t.varchar().nullable(),
  },
})
