import { notebook, sql, table, t } from 'sluice'
import { programmesFile, studentsFile } from './sources.ts'

export const students = table(
  'university.students',
  { student_id: t.varchar(), major: t.varchar(), born: t.integer().between(1900, 2015) },
  { key: ['student_id'] },
)

export const programmes = table(
  'university.programmes',
  { programme_id: t.varchar(), programme: t.varchar(), degree: t.varchar() },
  { key: ['programme_id'] },
)

export default notebook({
  inputs: { studentsFile, programmesFile },
  outputs: { students, programmes },
  select: {
    students: ({ studentsFile }) => sql`SELECT student_id, major, born FROM ${studentsFile} AS s`,
    programmes: ({ programmesFile }) => sql`
      SELECT programme_id, name AS programme, degree FROM ${programmesFile} AS p`,
  },
})
