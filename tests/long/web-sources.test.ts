import { afterEach, expect, test } from 'vitest'
import { gzipSync } from 'node:zlib'
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
  expect(wrong.out + wrong.err).toContain(".csv:3: source 'rows'")
  await web.close()
  const down = await project.run('copy')
  expect(down.code).toBe(1)
  expect(down.outcomes).toEqual({ copy: 'failed', lines: 'failed' })
  expect(down.out).toContain('source/unavailable')
  expect(down.out + wrong.out).not.toContain('hush')
  expect(await count()).toEqual(['Ada', 'Grace'])
}, 60_000)
