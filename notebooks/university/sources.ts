import { source, t } from 'sluice'

export const studentsFile = source.csv('data/university/students.csv', {
  name: 'university.students_file',
  columns: { student_id: t.varchar(), major: t.varchar(), born: t.integer() },
})

export const programmesFile = source.csv('data/university/programmes.csv', {
  name: 'university.programmes_file',
  columns: { programme_id: t.varchar(), name: t.varchar(), degree: t.varchar() },
})

/**
 * A file for each term lands here. A run in `prod` that has taken it in moves it to `landing/university_archive/`, where
 * later runs find it.
 */
export const enrolmentFiles = source.csv('landing/university/enrolments_*.csv', {
  name: 'university.enrolment_files',
  archive: true,
  columns: { student_id: t.varchar(), programme_id: t.varchar(), term: t.varchar() },
})
