import { notebook, sql, table, t } from 'sluice'
import { programmes, students } from './people_and_programmes.ts'
import { enrolmentFiles } from './sources.ts'

export const enrolments = table(
  'university.enrolments',
  {
    student_id: t.varchar().references(students, 'student_id'),
    programme_id: t.varchar().references(programmes, 'programme_id'),
    term: t.varchar(),
  },
  { key: ['student_id', 'term'], description: 'Who is enrolled in what, in each term.' },
)

export default notebook({
  description: 'Takes in the files that have landed, and those in the archive.',
  inputs: { files: enrolmentFiles.optional() },
  outputs: { enrolments },
  select: {
    enrolments: ({ files }) => sql`SELECT student_id, programme_id, term FROM ${files} AS f`,
  },
})
