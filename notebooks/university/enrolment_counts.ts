import { notebook, sql, table, t } from 'sluice'
import { enrolments } from './enrolments.ts'
import { programmes, students } from './people_and_programmes.ts'

export const enrolmentCounts = table(
  'university.enrolment_counts',
  { major: t.varchar(), programme: t.varchar(), students: t.bigint() },
  {
    key: ['major', 'programme'],
    description: 'How many students of a major have been enrolled in a programme; 0 where none.',
  },
)

export default notebook({
  inputs: {
    enrolments: enrolments.pick('student_id', 'programme_id'),
    students: students.pick('student_id', 'major'),
    programmes: programmes.pick('programme_id', 'programme'),
  },
  outputs: { counts: enrolmentCounts },
  select: {
    counts: ({ enrolments, students, programmes }) => sql`
      WITH majors AS (SELECT DISTINCT major FROM ${students} AS s)
      SELECT m.major, p.programme, count(DISTINCT e.student_id) AS students
      FROM majors AS m
      CROSS JOIN ${programmes} AS p
      LEFT JOIN (
        SELECT e.student_id, e.programme_id, s.major
        FROM ${enrolments} AS e
        JOIN ${students} AS s ON s.student_id = e.student_id
      ) AS e ON e.major = m.major AND e.programme_id = p.programme_id
      GROUP BY ALL`,
  },
})
