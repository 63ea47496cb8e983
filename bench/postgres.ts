import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres, type PostgresServer } from '../tests/connect/postgres-server.ts'
import { compared, type Figure } from './figure.ts'
import { interleaved } from './measure.ts'
import { sluice, timed } from './processes.ts'
import { forget, inScratch, makeProject } from './scratch.ts'

const rows = Number(process.env['SLUICE_BENCH_ROWS'] ?? 1_000_000)
const rounds = 3

/**
 * A table of PostgreSQL to a typed table, against `psql \copy` of the same rows to a file. The server is that of the
 * tests; where there is none, why is printed, and nothing is measured.
 */
export async function fromPostgres(): Promise<Figure[]> {
  const server = await startPostgres()
  if (!server) return []
  try {
    return await inScratch((folder) => measured(server, folder))
  } finally {
    await server.stop()
  }
}

const columns =
  'a: t.bigint(), b: t.integer(), c: t.varchar(), d: t.double(), e: t.decimal(10, 2), f: t.date(), g: t.timestamp(), h: t.boolean()'

const filled = `CREATE TABLE many AS SELECT n::int8 AS a, (n * 7919 % 100000)::int4 AS b, 'name ' || n % 1000 AS c,
  n / 7.0::float8 AS d, (n * 37 % 10000 / 100.0)::numeric(10, 2) AS e, date '2019-01-01' + (n % 365)::int AS f,
  timestamp '2019-01-01 10:20:30' + n * interval '1 second' AS g, n % 2 = 0 AS h
  FROM generate_series(1, ${rows}::int8) AS n`

async function measured(server: PostgresServer, folder: string): Promise<Figure[]> {
  const psql = join(server.bin, 'psql')
  if (!existsSync(psql)) {
    process.stderr.write(`skipped, because there is no ${psql}\n`)
    return []
  }
  const database = await server.database()
  await server.run(database, filled)
  await server.run(database, 'VACUUM ANALYZE many')
  const url = server.url(database)
  process.env['SHOP_URL'] = url
  const project = join(folder, 'project')
  mkdirSync(project)
  makeProject(project, files)
  const copy = `\\copy many TO '${join(folder, 'many.csv')}' (FORMAT csv)`
  const s = await interleaved(rounds, {
    table: () => (forget(project, { notebooks: false }), rows / (sluice(project, 'run').ms / 1000)),
    look: () => rows / (sluice(project, 'plan').ms / 1000),
    psql: () => rows / (timed(psql, ['-X', '-q', '-d', url, '-c', copy]).ms / 1000),
  })
  const about = (what: string) => ({ bench: 'postgres', what, unit: 'rows/s' }) as const
  const against = '`psql \\copy` to a file'
  return [
    compared(about(`${rows / 1e6}M rows of 8 columns to a typed table`), s.table, against, s.psql),
    compared(about('the same, looked at by `sluice plan`'), s.look, against, s.psql),
  ]
}

const files = {
  'sluice.yaml':
    "env: dev\nstorage: local\nconnections:\n  shop: { kind: postgres, url: '${env:SHOP_URL}' }\n",
  'notebooks/take.ts': `import { notebook, source, sql, t, table } from 'sluice'
export const many = source.postgres({ connection: 'shop', table: 'many', columns: { ${columns} } })
export const taken = table('taken', { ${columns} })
export default notebook({
  inputs: { many },
  outputs: { taken },
  select: { taken: ({ many }) => sql\`SELECT * FROM \${many} AS m\` },
})
`,
  'flows/take.ts': `import { flow } from 'sluice'
import take, { many } from '../notebooks/take.ts'
export default flow('take').source(many).step(take)
`,
}
