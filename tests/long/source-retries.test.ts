import { afterEach, describe, expect, test } from 'vitest'
import { copyProject } from '../connect/copy-project.ts'
import { startProxy, type Proxy } from '../connect/proxy.ts'
import { hasPostgres, withPostgres, type PostgresServer } from '../connect/postgres-server.ts'
import { startWeb, type WebServer } from '../connect/web-server.ts'
import type { Line, Rig } from '../run/rig.ts'

let server: PostgresServer
let rig: Rig | undefined
let proxy: Proxy | undefined
let web: WebServer | undefined
withPostgres((started) => (server = started))
afterEach(async () => {
  await rig?.close()
  await proxy?.close()
  await web?.close()
  rig = proxy = web = undefined
})

/** A source that cannot be asked, and how that passes. */
interface Fault {
  readonly project: () => Promise<Rig>
  readonly mend: () => Promise<void>
}

interface Ended {
  readonly code: number | null
  readonly retried: readonly Line[]
  readonly outcome: string | undefined
}

/** Runs, and mends what is wrong when a try is told to have failed. */
async function runMending(project: Rig, mend: () => Promise<void>): Promise<Ended> {
  const child = project.start(['run', '--json'])
  const lines: Line[] = []
  let rest = ''
  const mending: Promise<void>[] = []
  child.stdout?.on('data', (piece: Buffer) => {
    const parts = (rest + piece.toString()).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts.filter(Boolean).map((text) => JSON.parse(text) as Line)) {
      lines.push(line)
      if (line.event === 'step-retried' && mending.length === 0) mending.push(mend())
    }
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  await Promise.all(mending)
  return {
    code,
    retried: lines.filter(({ event }) => event === 'step-retried'),
    outcome: lines.find(({ event }) => event === 'step-finished')?.outcome,
  }
}

/** Lets connections through the proxy, whole. */
function letIn(): Promise<void> {
  if (proxy) proxy.refuse = proxy.cutAfter = undefined
  return Promise.resolve()
}

const retries = "defaults: { retries: { times: 8, delay: '100ms' } }\n"

async function withRetries(project: Rig): Promise<Rig> {
  await project.write({ 'sluice.yaml': (await project.read('sluice.yaml')) + retries })
  return project
}

/** A project whose database is reached through the proxy. */
async function throughProxy(options = "table: 'shop'"): Promise<Rig> {
  const database = await server.database()
  await server.run(database, 'CREATE TABLE shop AS SELECT generate_series(1, 20000)::int8 AS id')
  proxy = await startProxy(server.port)
  const url = server.url(database).replace(`:${server.port}/`, `:${proxy.port}/`)
  return copyProject(url, options, 'id: t.bigint()')
}

const faults: Readonly<Record<string, () => Fault>> = {
  'a database that starts up': () => ({
    project: async () => {
      const project = await throughProxy()
      if (proxy) proxy.refuse = '57P03'
      return project
    },
    mend: letIn,
  }),
  'a connection that is cut in the middle of rows': () => ({
    project: async () => {
      const project = await throughProxy()
      if (proxy) proxy.cutAfter = 50_000
      return project
    },
    mend: letIn,
  }),
  'a query that others are in the way of': () => {
    let database = ''
    return {
      project: async () => {
        database = await server.database()
        await server.run(
          database,
          `CREATE TABLE state AS SELECT true AS busy;
           CREATE FUNCTION rows() RETURNS SETOF int8 LANGUAGE plpgsql AS $$
           BEGIN
             IF (SELECT busy FROM state) THEN RAISE SQLSTATE '40001' USING MESSAGE = 'conflict'; END IF;
             RETURN QUERY SELECT generate_series(1, 20000)::int8;
           END $$`,
        )
        const options = "query: 'SELECT id FROM rows() AS r (id)', name: 'rows'"
        return copyProject(server.url(database), options, 'id: t.bigint()')
      },
      mend: async () => void (await server.run(database, 'UPDATE state SET busy = false')),
    }
  },
  'a server where nothing listens': () => {
    let port = 0
    return {
      project: async () => {
        const first = await startWeb(() => undefined)
        port = Number(new URL(first.origin).port)
        await first.close()
        const project = await copyProject('', "table: 'shop'", 'id: t.bigint()')
        await project.edit(
          'notebooks/copy.ts',
          "source.postgres({ connection: 'shop', table: 'shop', columns })",
          `source.csv('${first.origin}/rows.csv', { name: 'rows', columns })`,
        )
        return project
      },
      mend: async () => {
        const body = `id\n${Array.from({ length: 20_000 }, (_, at) => at).join('\n')}\n`
        const answer = (
          _: unknown,
          response: { end(text: string): unknown; setHeader(name: string, value: number): unknown },
        ) => {
          response.setHeader('content-length', body.length)
          response.end(body)
        }
        web = await startWeb(answer, port)
      },
    }
  },
}

describe.runIf(hasPostgres)('retries of a step cover asking its sources', () => {
  test.each(Object.entries(faults))('%s', async (_, fault) => {
    const { project, mend } = fault()
    const made = (rig = await withRetries(await project()))
    const { code, retried, outcome } = await runMending(made, mend)
    expect({ code, outcome }).toEqual({ code: 0, outcome: 'ran' })
    expect(retried.length).toBeGreaterThan(0)
    expect(retried.map(({ attempt }) => attempt)).toEqual(retried.map((__, at) => at + 1))
    expect(JSON.stringify(retried)).not.toContain(server.password)
    expect(await made.query('SELECT count(*) AS n FROM copy')).toEqual([{ n: 20_000 }])
  })

  // The same checker, where nothing is to be tried again.
  test('without retries the step fails at once', async () => {
    const made = (rig = await throughProxy())
    if (proxy) proxy.refuse = '57P03'
    expect(await runMending(made, letIn)).toEqual({ code: 1, retried: [], outcome: 'failed' })
  })

  test('retries are told to people, and end', async () => {
    const made = (rig = await throughProxy())
    if (proxy) proxy.refuse = '57P03'
    await made.write({
      'sluice.yaml': `${await made.read('sluice.yaml')}defaults: { retries: { times: 2, delay: '10ms' } }\n`,
    })
    const { code, out, err } = await made.sluice('run')
    expect(code).toBe(1)
    expect((out + err).match(/try \d of 3 failed/g)).toEqual(['try 1 of 3 failed', 'try 2 of 3 failed'])
    expect(out + err).toContain('not now')
  })
})
