import type { Golden } from './golden.ts'

/** The figures of the kiva and university flows, by SQL of their own over the files. */

// Lines that cannot be read are left out here by ignore_errors: DuckDB's rule for short and long lines is ours.
const loans = `(
  SELECT LOAN_ID, TRY_CAST(FUNDED_AMOUNT AS DECIMAL(12,2)) AS funded, TRY_CAST(LOAN_AMOUNT AS DECIMAL(12,2)) AS amount, STATUS
  FROM read_csv('data/kiva/loans.csv', all_varchar = true, header = true, delim = ',', quote = '"', ignore_errors = true)
  WHERE TRY_CAST(LOAN_ID AS INTEGER) IS NOT NULL
    AND TRY_CAST(FUNDED_AMOUNT AS DECIMAL(12,2)) IS NOT NULL
    AND TRY_CAST(LOAN_AMOUNT AS DECIMAL(12,2)) IS NOT NULL)`

const lenders = `read_csv('data/kiva/loans_lenders.csv', all_varchar = true, header = true, delim = ',', quote = '"')`

const csv = (files: string) =>
  `read_csv('data/university/${files}', all_varchar = true, header = true, delim = ',', quote = '"')`

export const kiva: readonly Golden[] = [
  {
    what: 'the summary has the loans that could be read',
    raw: `SELECT count(*) AS loans, sum(funded) AS funded, sum(amount) AS asked FROM ${loans}`,
    built:
      'SELECT count(*) AS loans, sum(funded_amount) AS funded, sum(loan_amount) AS asked FROM kiva_loans_summary',
    expected: [{ loans: 493, funded: 382475, asked: 516575 }],
  },
  {
    what: 'the others are rejects, with their lines',
    raw: `SELECT 500 - count(*) AS rejected FROM ${loans}`,
    built: 'SELECT count(*) AS rejected FROM kiva.loans_rejects',
    expected: [{ rejected: 7 }],
  },
  {
    what: 'errors are counted by column',
    raw: `SELECT count(*) FILTER (TRY_CAST(LOAN_AMOUNT AS DECIMAL(12,2)) IS NULL) AS amounts
      FROM read_csv('data/kiva/loans.csv', all_varchar = true, header = true, delim = ',', quote = '"', ignore_errors = true)`,
    built: `SELECT lines AS amounts FROM kiva_load_errors WHERE "column" = 'LOAN_AMOUNT'`,
    expected: [{ amounts: 2 }],
  },
  {
    what: 'an empty list of lenders is 0',
    raw: `SELECT count(*) AS loans, count(*) FILTER (LENDERS IS NULL) AS none,
        sum(length(LENDERS) - length(replace(LENDERS, ',', '')) + 1) AS lenders
      FROM ${lenders}`,
    built: `SELECT count(*) AS loans, count(*) FILTER (lenders = 0) AS none, sum(lenders) AS lenders
      FROM kiva_lender_counts`,
    expected: [{ loans: 500, none: 60, lenders: 2716 }],
  },
]

export const university: readonly Golden[] = [
  {
    what: 'each term that landed is counted once',
    raw: `SELECT count(*) AS enrolments, count(DISTINCT term) AS terms FROM ${csv('arrivals/*.csv')}`,
    built: 'SELECT count(*) AS enrolments, count(DISTINCT term) AS terms FROM university.enrolments',
    expected: [{ enrolments: 298, terms: 3 }],
  },
  {
    what: 'students are counted by major and programme, also where there are none',
    raw: `SELECT count(DISTINCT e.student_id) AS students
      FROM ${csv('arrivals/*.csv')} AS e JOIN ${csv('students.csv')} AS s ON s.student_id = e.student_id
      WHERE s.major = 'Biology' AND e.programme_id = 'P1'`,
    built: `SELECT students FROM university.enrolment_counts
      WHERE major = 'Biology' AND programme = 'Bachelor of Science'`,
    expected: [{ students: 31 }],
  },
  {
    what: 'nobody is a doctoral student',
    raw: `SELECT count(*) AS enrolments FROM ${csv('arrivals/*.csv')} WHERE programme_id = 'P4'`,
    built: `SELECT sum(students) AS enrolments FROM university.enrolment_counts WHERE programme = 'Doctorate'`,
    expected: [{ enrolments: 0 }],
  },
]
