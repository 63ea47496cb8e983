import { readFile, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

/** A value that is found wherever it leaks to. */
const canary = 'canary/7f3a-open sesame'
const forms = [canary, encodeURIComponent(canary), Buffer.from(canary).toString('base64')]

let rig: Rig | undefined
afterEach(() => rig?.close())

function notebookOf(body: string): string {
  return `import { notebook, sql, table, t } from 'sluice'
import { z } from 'zod'
export const out = table('a.out', { n: t.integer() })
export default notebook({
  outputs: { out },
  env: z.object({ REGION: z.string() }),
  secrets: ['API_KEY'],
  async run({ outputs, secrets, env, db, log }) {
    if (secrets.API_KEY.length !== ${canary.length} || env.REGION !== 'north') throw new Error('not given')
    ${body}
    await outputs.out.insert({ n: 1 })
  },
})
`
}

async function project(body: string): Promise<Rig> {
  rig = await Rig.open({
    'notebooks/a.ts': notebookOf(body),
    'flows/main.ts': `import { flow } from 'sluice'\nimport a from '../notebooks/a.ts'\nexport default flow('main').step(a)\n`,
  })
  return rig
}

const env = { API_KEY: canary, REGION: 'north' }

/** The files below a project that hold the value in any form; what is linked into it is left out. */
async function leaks(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(folder)) {
    if (name === 'node_modules') continue
    const file = path.join(folder, name)
    if ((await stat(file)).isDirectory()) found.push(...(await leaks(file)))
    else {
      const text = await readFile(file, 'latin1')
      if (forms.some((form) => text.includes(form))) found.push(file)
    }
  }
  return found
}

describe('the value of a secret', () => {
  /** What else is asked in the first case. */
  const others = [
    'run --force',
    'plan --json',
    'explain a',
    'run a --sample 1',
    'log --json',
    'tables --json',
  ]
  it.each([
    ['is used', ``],
    ['is read and thrown away', `void secrets.API_KEY`],
    ['is printed', `console.log('key', secrets.API_KEY); console.error(secrets.API_KEY)`],
    ['is logged', `log.info('key ' + secrets.API_KEY)`],
    ['is thrown', `throw new Error('401 for https://x.test/?key=' + encodeURIComponent(secrets.API_KEY))`],
    ['is thrown as it is', `throw new Error(secrets.API_KEY)`],
    ['does not fit a query', 'await db.all(sql`SELECT CAST(${secrets.API_KEY} AS INTEGER)`)'],
    ['does not fit a table', `await outputs.out.insert({ n: secrets.API_KEY as never })`],
    ['is what secrets hold, all of them', `console.log(secrets, JSON.stringify(secrets))`],
    ['stands in what cannot be returned', `return { f: () => secrets.API_KEY } as never`],
  ])('appears nowhere when it %s', async (_, body) => {
    const rig = await project(body)
    const more = body === '' ? others : []
    const said: string[] = []
    for (const words of ['run --json', ...more]) {
      const { out, err } = await rig.with({ ...env, SLUICE_DEBUG: '1' }, ...words.split(' '))
      said.push(out, err)
    }
    const [run] = (await rig.sluice('runs', '--json')).lines
    said.push((await rig.with(env, 'runs', String(run?.['run']))).out)
    const text = said.join('\n')
    expect(text).toContain('step-finished')
    for (const form of forms) expect(text).not.toContain(form)
    expect(await leaks(rig.folder)).toEqual([])
  })

  it('does not count: another value leaves the step fresh', async () => {
    const rig = await project('')
    expect((await rig.with(env, 'run')).code).toBe(0)
    const other = { ...env, API_KEY: canary.toUpperCase() }
    expect((await rig.with(other, 'plan')).out).toMatch(/1 .*fresh|fresh/)
    expect((await rig.with({ ...env, REGION: 'south' }, 'plan')).out).toContain('env-changed')
  })

  it('that is not set is named', async () => {
    const rig = await project('')
    const ended = await rig.with({ REGION: 'north' }, 'run')
    expect(ended.code).toBe(1)
    expect(ended.err + ended.out).toContain('the secret API_KEY is not set')
  })
})

describe('a value of the environment that does not fit', () => {
  it('is named, and not told', async () => {
    rig = await Rig.open({
      'notebooks/a.ts': notebookOf('').replace('REGION: z.string()', 'REGION: z.enum(["north", "south"])'),
      'flows/main.ts': `import { flow } from 'sluice'\nimport a from '../notebooks/a.ts'\nexport default flow('main').step(a)\n`,
    })
    const ended = await rig.with({ ...env, REGION: canary }, 'run')
    expect(ended.code).toBe(2)
    expect(ended.err).toContain("'REGION' does not fit")
    for (const form of forms) expect(ended.err + ended.out).not.toContain(form)
    expect(await leaks(rig.folder)).toEqual([])
  })
})
