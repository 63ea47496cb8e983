import type { Problem } from '../base/problem.ts'
import { isPartitionType } from '../contract/partition.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import { missing } from './check-data-checks.ts'

/** Whether a table can be partitioned by the columns that it names: all that is wrong with them. */
export function checkPartitionBy(table: DeclaredTable, problems: Problem[]): void {
  const { partitionBy = [], columns, key, where } = table
  const names = columns.map(({ name }) => name)
  for (const [at, name] of partitionBy.entries()) {
    const start = `table '${table.name}' is partitioned by the column '${name}'`
    const refuse = (why: string, hint: string) => {
      problems.push({ code: 'contract/option-invalid', message: `${start}${why}`, where, hint })
    }
    const column = columns.find((each) => each.name === name)
    if (partitionBy.indexOf(name) !== at) refuse(' twice', 'name it once')
    else if (!column) problems.push(missing(start, name, names, where))
    else {
      if (column.nullable && !key.includes(name))
        refuse(', which may be NULL', 'leave out .nullable(): each row is of one partition')
      if (!isPartitionType(column.type))
        refuse(`, which is ${column.type}`, 'partition by texts, whole numbers, dates or booleans')
    }
  }
}
