import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Problem } from '../../base/problem.ts'
import type { KeptFailures } from '../engine.ts'
import type { Connection, TextRow } from './connection.ts'
import { copyTo } from './copy.ts'
import { FaultError } from './faults.ts'
import type { Broken, Rule, RuledRows } from './rules.ts'

/** Keeps rows that break a rule. What cannot be kept, such as rows of a type that Parquet lacks, is not. */
export async function keepBroken(
  connection: Connection,
  { table }: RuledRows,
  rule: Rule,
  failures: KeptFailures | undefined,
): Promise<string | undefined> {
  if (!failures || rule.rows === undefined) return undefined
  const folder = path.join(failures.folder, table.name)
  const file = path.join(folder, `${rule.name}.parquet`)
  await mkdir(folder, { recursive: true })
  try {
    await copyTo(connection, `SELECT * FROM (${rule.rows}) LIMIT ${failures.limit}`, file, rule.params)
    return file
  } catch (error) {
    if (error instanceof FaultError) return undefined
    throw error
  }
}

/** A rule that does not hold, with some of the rows that break it. */
export async function problemOf(
  connection: Connection,
  { table, subject }: RuledRows,
  rule: Rule,
  { says }: Broken,
): Promise<Problem> {
  const where = rule.check?.where ?? table.where
  const about = { code: rule.code, message: `${subject}: ${says}`, ...(where && { where }) }
  if (rule.rows === undefined) return about
  try {
    const samples = await connection.rows(`SELECT * FROM (${rule.rows}) LIMIT ${shown}`, rule.params)
    return { ...about, related: samples.map((row) => ({ message: sampleText(row) })) }
  } catch (error) {
    if (error instanceof FaultError) return about
    throw error
  }
}

/** How many rows are shown for a broken rule. */
const shown = 5
const longestValue = 80
const longestRow = 400

/** A row as JSON; long values are cut. */
function sampleText(row: TextRow): string {
  const text = JSON.stringify(row, (_, value: unknown) =>
    typeof value === 'string' ? cut(value, longestValue) : value,
  )
  return cut(text, longestRow)
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text
}
