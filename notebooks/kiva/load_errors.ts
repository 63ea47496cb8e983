import { notebook, sql, table, t } from 'sluice'
import { loansFile } from './sources.ts'

export const loadErrors = table(
  'kiva_load_errors',
  { column: t.varchar().nullable(), lines: t.bigint(), first_line: t.bigint() },
  { description: 'How many lines of the loans could not be read, by the column that is at fault.' },
)

export default notebook({
  inputs: { rejects: loansFile.rejects },
  outputs: { errors: loadErrors },
  async run({ db, inputs, outputs, log }) {
    await outputs.errors.write(sql`
      SELECT "column", count(*) AS lines, min(line) AS first_line FROM ${inputs.rejects} AS r GROUP BY ALL`)
    const { n } = await db.one<{ n: bigint }>(sql`SELECT count(*) AS n FROM ${inputs.rejects} AS r`)
    if (n > 0n) log.warn(`${n} lines of the loans could not be read`)
    return { errors: Number(n) }
  },
})
