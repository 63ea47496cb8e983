import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { writeXlsx } from 'hucre/xlsx'
import { afterEach, expect, test } from 'vitest'
import { makeAuthority, opensslIsThere } from '../connect/certificates.ts'
import { serving, startWeb, type WebServer } from '../connect/web-server.ts'
import { Rig } from '../run/rig.ts'

let rig: Rig | undefined
let web: WebServer | undefined
afterEach(async () => {
  await rig?.close()
  await web?.close()
})

/** A project that copies addresses into tables. */
const files = (origin: string) => ({
  'sluice.yaml': '',
  'notebooks/copy.ts': `import { notebook, source, sql, t, table } from 'sluice'

const columns = { id: t.bigint(), name: t.varchar() }
export const rows = source.csv('${origin}/rows.csv', {
  name: 'rows', columns, headers: { authorization: 'Bearer \${env:ROWS_TOKEN}' },
})
export default notebook({
  inputs: { rows },
  outputs: { copy: table('copy', columns) },
  select: { copy: ({ rows }) => sql\`SELECT * FROM \${rows} AS r\` },
})
`,
  'notebooks/lines.ts': `import { notebook, source, sql, t, table } from 'sluice'

const columns = { id: t.bigint() }
export const lines = source.ndjson('${origin}/lines.ndjson.gz', { name: 'lines', columns })
export default notebook({
  inputs: { lines },
  outputs: { numbers: table('numbers', columns) },
  select: { numbers: ({ lines }) => sql\`SELECT * FROM \${lines} AS l\` },
})
`,
  'flows/copy.ts': `import { flow } from 'sluice'
import copy, { rows } from '../notebooks/copy.ts'
import numbers, { lines } from '../notebooks/lines.ts'
export default flow('copy').source(rows).source(lines).step(copy).step(numbers)
`,
})

test('a step is fresh while the server says so, runs when it does not, and fails when it is gone', async () => {
  let [text, etag] = ['id,name\n1,Ada\n', '"1"']
  const packed = gzipSync('{"id": 1}\n{"id": 2}\n')
  web = await startWeb((request, response) => {
    if (request.url === '/lines.ndjson.gz') return void response.end(packed)
    serving(
      () => text,
      () => etag,
    )(request, response)
  })
  const { origin, heard } = web
  const project = (rig = await Rig.open(files(origin)))
  process.env['ROWS_TOKEN'] = 'hush-hush'
  const count = async () => {
    const rows = await project.query('SELECT name FROM copy ORDER BY id')
    return rows.map(({ name }) => name)
  }
  expect((await project.run('copy')).outcomes).toEqual({ copy: 'ran', lines: 'ran' })
  expect(await count()).toEqual(['Ada'])
  const asked = heard.length
  expect((await project.run('copy')).outcomes).toEqual({ copy: 'fresh', lines: 'fresh' })
  const again = heard.slice(asked).filter(({ url }) => url === '/rows.csv')
  expect(again.map(({ headers }) => headers['if-none-match'])).toEqual(['"1"'])
  ;[text, etag] = ['id,name\n1,Ada\n2,Grace\n', '"2"']
  const changed = await project.run('copy')
  expect(changed.outcomes).toEqual({ copy: 'ran', lines: 'fresh' })
  expect(changed.reasons['copy']).toEqual(['input-changed'])
  expect(await count()).toEqual(['Ada', 'Grace'])
  // A value that is wrong is told with its line.
  ;[text, etag] = ['id,name\n1,Ada\nx,Grace\n', '"3"']
  const planned = await project.sluice('plan', 'copy')
  expect(planned.out).toContain('rows.csv changed')
  const wrong = await project.sluice('run', 'copy')
  expect(wrong.code).toBe(1)
  expect(wrong.out + wrong.err).toContain(`${origin}/rows.csv:3: source 'rows'`)
  expect(wrong.out + wrong.err).not.toContain('.sluice/sources')
  await web.close()
  const down = await project.run('copy')
  expect(down.code).toBe(1)
  expect(down.outcomes).toEqual({ copy: 'failed', lines: 'failed' })
  expect(down.out).toContain('source/unavailable')
  expect(down.out + wrong.out).not.toContain('hush')
  expect(await count()).toEqual(['Ada', 'Grace'])
}, 60_000)

/** A file of Parquet with one column `id`. */
async function parquet(ids: readonly string[]): Promise<Buffer> {
  const file = path.join(tmpdir(), `sluice-web-${process.pid}.parquet`)
  const connection = await (await DuckDBInstance.create()).connect()
  await connection.run(`COPY (SELECT unnest([${ids.join(', ')}]) AS id) TO '${file}' (FORMAT parquet)`)
  connection.disconnectSync()
  const bytes = await readFile(file)
  await rm(file)
  return bytes
}

const workbook = async (ids: readonly (number | string)[]) =>
  Buffer.from(await writeXlsx({ sheets: [{ name: 'One', rows: [['id'], ...ids.map((id) => [id])] }] }))

/** Each kind of file, as it should be and with something wrong in its third line. */
const kinds: readonly (readonly [
  file: string,
  make: string,
  good: () => Promise<Buffer>,
  wrong: () => Promise<Buffer>,
])[] = [
  ['a.csv.gz', 'csv', async () => gzipSync('id\n1\n2\n'), async () => gzipSync('id\n1\nx\n')],
  ['b.xlsx', 'excel', () => workbook([1, 2]), () => workbook([1, 'x'])],
  [
    'c.parquet',
    'parquet',
    () => parquet(['1', '2']),
    async () => (await parquet(['1', '2'])).subarray(0, -9),
  ],
  [
    'd.json',
    'json',
    async () => Buffer.from('[{"id": 1}, {"id": 2}]'),
    async () => Buffer.from('[{"id": 1}, {"id": "x"}]'),
  ],
]

const many = (origin: string) => ({
  'sluice.yaml': 'keepGoing: true\n',
  ...Object.fromEntries(
    kinds.map(([file, kind]) => [
      `notebooks/${kind}.ts`,
      `import { notebook, source, sql, t, table } from 'sluice'
export const ids = source.${kind}('${origin}/${file}', { name: '${kind}_ids', columns: { id: t.bigint() } })
export default notebook({
  inputs: { ids },
  outputs: { ${kind}: table('${kind}', { id: t.bigint() }) },
  select: { ${kind}: ({ ids }) => sql\`SELECT id FROM \${ids} AS i\` },
})
`,
    ]),
  ),
  'flows/many.ts': `import { flow } from 'sluice'
${kinds.map(([, kind]) => `import ${kind}, { ids as ${kind}Ids } from '../notebooks/${kind}.ts'`).join('\n')}
export default flow('many')${kinds.map(([, kind]) => `.source(${kind}Ids).step(${kind})`).join('')}
`,
})

test.runIf(opensslIsThere())(
  'files of all kinds come by https from a server of an own authority, and what is wrong in them is told at their address',
  async () => {
    const [ours, other] = [await makeAuthority('ours'), await makeAuthority('other')]
    const bodies = new Map<string, Buffer>()
    const shown = await ours.sign('anything', 'DNS:localhost')
    web = await startWeb(
      (request, response) => {
        const body = bodies.get(request.url ?? '') ?? Buffer.alloc(0)
        response.writeHead(200, { 'content-length': body.length }).end(body)
      },
      0,
      shown,
    )
    const { origin } = web
    const project = (rig = await Rig.open(many(origin)))
    await project.write({ 'ours.pem': ours.cert, 'other.pem': other.cert })
    for (const [file, , good] of kinds) bodies.set(`/${file}`, await good())

    const strange = await project.with({ NODE_EXTRA_CA_CERTS: project.path('other.pem') }, 'run')
    expect(strange.code).toBe(1)
    expect(strange.out + strange.err).toContain('its authority is not known')
    expect(strange.out + strange.err).toContain('NODE_EXTRA_CA_CERTS')

    const trusting = { NODE_EXTRA_CA_CERTS: project.path('ours.pem') }
    const first = await project.with(trusting, 'run')
    expect(first.code, first.out + first.err).toBe(0)
    for (const [, kind] of kinds)
      expect(await project.query(`SELECT sum(id)::int AS n FROM ${kind}`)).toEqual([{ n: 3 }])

    for (const [file, , , wrong] of kinds) bodies.set(`/${file}`, await wrong())
    const { code, lines } = await project.with(trusting, 'run', '--json')
    expect(code).toBe(1)
    const told = lines.flatMap(({ problems = [] }) => problems)
    for (const [file] of kinds)
      expect(
        told.map(({ where }) => where?.file),
        JSON.stringify(told),
      ).toContain(`${origin}/${file}`)
    expect(JSON.stringify(told)).not.toContain('.sluice')
    const lineOf = (ending: string) =>
      told.find(({ where }) => where?.file.endsWith(ending) === true)?.where?.line
    expect([lineOf('a.csv.gz'), lineOf('b.xlsx')]).toEqual([3, 3])
  },
  60_000,
)
