import { mkdir, rm } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openLake } from '../../src/lake/lake.ts'
import { writeCheckpoint } from '../../src/lake/checkpoint.ts'
import type { EnvState } from '../../src/lake/types.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { fresh, meta, publish, setting } from '../lake/rig.ts'
import { Rig } from '../run/rig.ts'
import { smallFlow } from '../run/small-flow.ts'
import { openIn } from '../storage/clouds.ts'
import { s3Server, type S3Server } from '../storage/servers/s3.ts'

let server: S3Server
const asked: string[] = []
beforeAll(async () => {
  server = await s3Server({
    fault: (kind, { path }) => {
      asked.push(`${kind} ${path.replace('/lake/', '')}`)
      return undefined
    },
  })
})
afterAll(() => server.stop())
beforeEach(() => void (asked.length = 0))

async function projectOn(prefix: string, files: { readonly [file: string]: string }): Promise<Rig> {
  const project = await Rig.open({
    ...files,
    'sluice.yaml': 'storage: bucket\n',
    'storage/bucket.yaml': [
      'kind: s3',
      'bucket: lake',
      `prefix: ${prefix}`,
      `endpoint: ${server.url}`,
      'accessKeyId: ${env:TEST_KEY}',
      'secretAccessKey: ${env:TEST_SECRET}',
    ].join('\n'),
  })
  await mkdir(project.path('node_modules/@aws-sdk'))
  await project.link('@aws-sdk/client-s3')
  return project
}

/** The requests of a run, from an empty local cache. */
async function costOf(
  project: Rig,
  ...args: string[]
): Promise<{ out: string; outcomes: object; asked: string[] }> {
  await rm(project.path('.sluice'), { recursive: true, force: true })
  asked.length = 0
  process.env['TEST_KEY'] = 'key'
  process.env['TEST_SECRET'] = 'secret'
  const { out, err, outcomes } = await project.run(...args)
  return { out: out + err, outcomes, asked: [...asked] }
}

/** The requests from the look into the shared cache for the first step to what the last one keeps there. */
function ofSteps(all: readonly string[]): string[] {
  const own = (request: string) => request.includes('/steps/')
  // Each checkout asks a store once whether it keeps its conditions.
  return all
    .slice(all.findIndex(own), all.findLastIndex(own) + 1)
    .filter((request) => !request.includes('/probe.tmp'))
}

/** Notebooks that write 100 tables each. */
function wideFlow(notebooks: number): { [file: string]: string } {
  const files: Record<string, string> = {}
  const names = Array.from({ length: notebooks }, (_, at) => `wide_${at}`)
  const tables = Array.from({ length: 100 }, (_, at) => `t${at}`)
  for (const name of names) {
    files[`notebooks/${name}.ts`] = [
      "import { notebook, sql, t, table } from 'sluice'",
      ...tables.map((table) => `export const ${table} = table('${name}.${table}', { n: t.integer() })`),
      'export default notebook({',
      `  outputs: { ${tables.join(', ')} },`,
      `  select: { ${tables.map((table, at) => `${table}: () => sql\`SELECT ${at}::INTEGER AS n\``).join(', ')} },`,
      '})',
    ].join('\n')
  }
  files['flows/wide.ts'] = [
    "import { flow } from 'sluice'",
    ...names.map((name) => `import ${name} from '../notebooks/${name}.ts'`),
    `export default flow('wide')${names.map((name) => `.step(${name})`).join('')}`,
  ].join('\n')
  return files
}

describe('on a bucket', () => {
  it('a run of 1,000 tables with nothing to do makes at most 5 requests', async () => {
    const project = await projectOn('wide', wideFlow(10))
    try {
      const first = await costOf(project, '--env', 'prod')
      expect(Object.values(first.outcomes), first.out).toEqual(Array<string>(10).fill('ran'))
      const second = await costOf(project, '--env', 'prod')
      expect(Object.values(second.outcomes), second.out).toEqual(Array<string>(10).fill('fresh'))
      expect(second.asked.length, second.asked.join('\n')).toBeLessThanOrEqual(5)
    } finally {
      await project.close()
    }
  })

  it('a step makes at most 4 requests, one for each file, and one for each input that changed', async () => {
    const project = await projectOn('small', smallFlow)
    try {
      const first = await costOf(project)
      expect(first.outcomes, first.out).toEqual({ ingest: 'ran', totals: 'ran', report: 'ran' })
      expect(ofSteps(first.asked).length, ofSteps(first.asked).join('\n')).toBeLessThanOrEqual(3 * (4 + 1))
      await project.edit('data/sales.csv', '20.00', '99.00')
      const second = await costOf(project)
      expect(second.outcomes, second.out).toEqual({ ingest: 'ran', totals: 'ran', report: 'ran' })
      expect(ofSteps(second.asked).length, ofSteps(second.asked).join('\n')).toBeLessThanOrEqual(
        3 * (4 + 1) + 2,
      )
    } finally {
      await project.close()
    }
  })

  it('the state of 10,000 tables after 100,000 commits is read in at most 5 requests', async () => {
    const keys = { accessKeyId: 'one', secretAccessKey: 'two' }
    const cloud = { kind: 's3', options: { bucket: 'lake', endpoint: server.url, ...keys } } as const
    const { storage, cleanUp } = await openIn(cloud, { prefix: 'long' })
    try {
      const env = (await openLake(storage)).env('prod')
      const tables = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`t${at}`, 'v1']))
      const first = await publish(env, setting(tables))
      let state: EnvState = await jump(storage, first, 99_900)
      while (state.commit < 100_000) {
        const done = await env.tryCommit(
          state,
          setting({ [`t${state.commit % 7}`]: `v${state.commit}` }),
          meta,
        )
        expect(done.committed).toBe(true)
        state = done.state
      }
      await env.flush()
      expect([...server.objects.keys()].filter((key) => key.startsWith('long/env/prod/log/')).length).toBe(
        100_000,
      )
      const reader = await fresh(storage)
      asked.length = 0
      const read = await reader.state()
      expect([read.commit, read.heads.size, read.heads.get('t5')]).toEqual([
        100_000,
        10_000,
        state.heads.get('t5'),
      ])
      expect(asked.length, asked.join('\n')).toBeLessThanOrEqual(5)
    } finally {
      await cleanUp()
    }
  })
})

/**
 * The state as if many commits had been made that changed nothing: a checkpoint stands for them, and each has an
 * object that only counts when the log is listed.
 */
async function jump(storage: Storage, state: EnvState, commit: number): Promise<EnvState> {
  const [key = '', entry] =
    [...server.objects].find(([each]) => each === 'long/env/prod/log/00000000000000000001.json') ?? []
  if (entry === undefined) throw new Error('there is no first commit')
  const skipped = { ...entry, body: Buffer.from('-') }
  for (let number = 2; number <= commit; number++)
    server.objects.set(key.replace(/\d{20}/, String(number).padStart(20, '0')), skipped)
  const later = {
    ...state,
    commit,
    tail: { id: 'skipped', checkpoint: commit, since: { heads: {}, steps: {} } },
  }
  await writeCheckpoint({ storage, env: 'prod' }, later)
  return later
}
