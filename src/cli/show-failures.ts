import { ProblemError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { plural } from '../report/amount.ts'
import { agoText } from '../report/time.ts'
import type { OpenLake, TableFailures } from '../run/open-lake.ts'
import type { Cli } from './cli.ts'
import { csvLine } from './csv.ts'
import { resultLines } from './previews.ts'

interface FailureFlags {
  readonly failures?: string | true
  readonly json?: true
  readonly csv?: true
  readonly rows?: number
}

/** Prints rows that break data checks of a table: for people, as one JSON object, or as CSV. */
export async function showFailures(
  lake: OpenLake,
  table: string,
  flags: FailureFlags,
  cli: Cli,
): Promise<void> {
  const check = typeof flags.failures === 'string' ? flags.failures : undefined
  const all = flags.json ?? flags.csv
  const limit = flags.rows ?? (all ? Number.MAX_SAFE_INTEGER : 10)
  const found = await lake.failures(table, { limit, ...(check !== undefined && { check }) })
  if (!found) throw await nothingKept(lake, table, check)
  if (flags.json) cli.out.data(`${JSON.stringify(found)}\n`)
  else if (flags.csv) cli.out.data(csvText(found))
  else cli.out.write(failuresText(found, cli.out))
}

/** A table that there is not is told as such. */
async function nothingKept(lake: OpenLake, table: string, check: string | undefined): Promise<ProblemError> {
  const others = (await lake.failures(table))?.checks.map((each) => each.check) ?? []
  if (others.length === 0) await lake.table(table).info()
  const of = check === undefined ? '' : ` of the check '${check}'`
  return new ProblemError({
    code: 'project/unknown',
    message: `no run kept rows of table '${table}' that break checks${of}`,
    hint:
      check !== undefined && others.length > 0
        ? (didYouMean(check, others) ?? `there are rows of: ${others.join(', ')}`)
        : 'a run keeps some when a check fails or warns; rejected rows stand in the rejects table of the table',
  })
}

function failuresText({ table, run, at, checks }: TableFailures, out: Cli['out']): string {
  const head = `Rows that break checks of ${table}, kept by run ${run} (${agoText(at, new Date())})`
  const parts = checks.map(({ check, rows: { columns, rows, total } }) => {
    const shown = rows.length < total ? `, the first ${rows.length}` : ''
    const title = `${out.paint.bold(check)} (${plural(total, 'row')}${shown})`
    return ['', title, ...resultLines(columns, rows, out)].join('\n')
  })
  return `${[head, ...parts].join('\n')}\n`
}

/** Each check may have columns of its own: its name stands first, and a line of names before it. */
function csvText({ checks }: TableFailures): string {
  return checks
    .flatMap(({ check, rows: { columns, rows } }) => [
      csvLine(['check', ...columns.map(({ name }) => name)]),
      ...rows.map((row) => csvLine([check, ...row])),
    ])
    .join('')
}
