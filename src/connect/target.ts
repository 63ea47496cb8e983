import { ProblemError, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { namePartsOf, quotedName, type SqlConnection, type SqlTransaction } from './connection.ts'
import type { SqlDelivery } from './delivery.ts'
import { isThere, placeOf } from './ledger.ts'
import { targetHolds, targetType } from './target-types.ts'

/** Makes the target from the contract where it is absent, else looks whether it fits. Throws a ProblemError. */
export async function prepareTarget(delivery: SqlDelivery, transaction: SqlTransaction): Promise<void> {
  const { connection, target } = delivery
  if (!(await isThere(connection, transaction, connection.relation(target)))) {
    await transaction.run(createText(delivery))
    return
  }
  const problems = [
    ...(await columnProblems(delivery, transaction)),
    ...(await keyProblems(delivery, transaction)),
  ]
  if (problems.length > 0) throw new ProblemError(problems)
}

function createText({ connection, target, columns, key }: SqlDelivery): string {
  const inKey = new Set(key)
  const parts = columns.map(({ name, type, nullable }) => {
    const needed = !nullable || inKey.has(name)
    return `${quotedName(name)} ${targetType(connection.kind, type)}${needed ? ' NOT NULL' : ''}`
  })
  if (key.length > 0) parts.push(`PRIMARY KEY (${key.map(quotedName).join(', ')})`)
  return `CREATE TABLE ${connection.relation(target)} (${parts.join(', ')})`
}

async function columnProblems(delivery: SqlDelivery, transaction: SqlTransaction): Promise<Problem[]> {
  const { connection, target, columns } = delivery
  const there = new Map((await transaction.describe({ table: target })).map(({ name, type }) => [name, type]))
  return columns.flatMap(({ name, type }) => {
    const has = there.get(name)
    if (has === undefined) {
      const hint = didYouMean(name, there.keys()) ?? 'add the column there, or leave it out: `columns: [...]`'
      return [told(delivery, `table '${target}' has no column '${name}'`, hint)]
    }
    if (targetHolds(connection.kind, type, has)) return []
    const wants = targetType(connection.kind, type)
    return [
      told(
        delivery,
        `column '${name}' of table '${target}' is ${has === '' ? 'without a type' : has}, which does not hold all of ${type}`,
        `make it ${wants}`,
      ),
    ]
  })
}

/** An upsert needs an index that says what the same row is. */
async function keyProblems(delivery: SqlDelivery, transaction: SqlTransaction): Promise<Problem[]> {
  const { connection, target, key, mode } = delivery
  if (mode !== 'upsert') return []
  const wanted = key.toSorted().join('\0')
  const indexes = await uniqueIndexes(connection, transaction, target)
  if (indexes.some((names) => names.toSorted().join('\0') === wanted)) return []
  const list = key.map(quotedName).join(', ')
  const message = `table '${target}' has no unique index on ${key.join(', ')}, which mode upsert needs`
  const name = connection.relation(target)
  return [
    told(delivery, message, `CREATE UNIQUE INDEX ${quotedName(`${key.join('_')}_key`)} ON ${name} (${list})`),
  ]
}

/** The columns of each index that lets no two rows be the same in them. */
async function uniqueIndexes(
  connection: SqlConnection,
  transaction: SqlTransaction,
  target: string,
): Promise<string[][]> {
  const found =
    connection.kind === 'postgres'
      ? await transaction.rows(
          `SELECT i.indexrelid::text, a.attname FROM pg_index AS i
           JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
           WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indimmediate
             AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts`,
          [connection.relation(target)],
        )
      : await transaction.rows(
          `SELECT 'primary key', name FROM pragma_table_info(${placeOf(connection, 1)}) WHERE pk > 0
           UNION ALL
           SELECT l.name, i.name FROM pragma_index_list(${placeOf(connection, 1)}) AS l, pragma_index_info(l.name) AS i
           WHERE l."unique" = 1 AND l.partial = 0`,
          [namePartsOf(target).at(-1) ?? target],
        )
  const indexes = new Map<string, string[]>()
  for (const [index, column] of found) {
    const names = indexes.get(index ?? '') ?? []
    names.push(column ?? '')
    indexes.set(index ?? '', names)
  }
  return [...indexes.values()]
}

function told({ step, connection }: SqlDelivery, message: string, hint: string): Problem {
  return {
    code: 'delivery/target',
    message: `step '${step}': connection '${connection.name}': ${message}`,
    hint,
  }
}
