import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { columnNameFault } from '../../src/base/names.ts'
import { problemsOf } from '../../src/base/problem.ts'
import { notebook, t, table } from '../../src/index.ts'
import { quoteName, quoteText } from '../../src/engine/duckdb/sql-text.ts'
import { keepByteOrderMarks } from '../../src/engine/duckdb/whole-texts.ts'
import { openLake } from '../../src/lake/lake.ts'
import { layout } from '../../src/storage/layout.ts'
import { localStorage } from '../../src/storage/local.ts'
import {
  contract,
  openRig,
  parquetInput,
  queryAll,
  readAll,
  sql,
  writeQuery,
  writeRows,
  type Rig,
} from '../engine/kit.ts'
import { described, loose } from '../flow/kit.ts'
import { publish, setting } from '../lake/rig.ts'
import { publishTable } from '../run/lake-rig.ts'
import { Rig as Project } from '../run/rig.ts'
import type { Answer } from './hostile-child.ts'
import { nightly } from '../crash/seeds.ts'
import { hostileTexts, treeOf } from './hostile-texts.ts'

/** Names, values and arguments that mean something elsewhere: none may reach outside of the project, nor be obeyed. */

const texts = hostileTexts(nightly ? 5000 : 500, Number(process.env['SLUICE_SEED'] ?? 1))
/** What a terminal obeys or what turns the direction of text. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/

let parent: string
let root: string
beforeAll(async () => {
  parent = await realpath(await mkdtemp(path.join(tmpdir(), 'sluice-hostile-')))
  root = path.join(parent, 'a/b/project')
  await mkdir(path.join(root, 'raw_data'), { recursive: true })
  await mkdir(path.join(parent, 'home'))
  for (const canary of [
    'canary.txt',
    'a/canary.txt',
    'a/b/canary.txt',
    'home/canary.txt',
    'a/b/project/keep.txt',
  ])
    await writeFile(path.join(parent, canary), 'canary')
  await writeFile(path.join(root, 'sluice.yaml'), 'env: dev\n')
  await writeFile(path.join(root, 'package.json'), '{ "type": "module" }')
  await writeFile(path.join(root, 'raw_data/a.csv'), 'n,v\n1,x\n')
  await publishTable(
    root,
    'silver.t',
    [{ name: 'n', type: 'INTEGER', nullable: false }],
    'SELECT 7::INTEGER AS n',
  )
})
afterAll(() => rm(parent, { recursive: true, force: true }))

/** What there is outside of the folders that commands may write to. */
const outside = () =>
  treeOf(
    parent,
    ['.sluice', 'storage', 'notebooks', 'flows'].map((name) => path.join(root, name)),
  )

describe('an argument of a command', () => {
  const commands: readonly ((text: string, at: number) => string[])[] = [
    ...[
      'show',
      'path',
      'log',
      'restore',
      'diff',
      'query',
      'release',
      'runs',
      'verify',
      'resume',
      'views',
      'lineage',
    ].map((name) => (text: string) => [name, '--', text]),
    ...[
      ['env', 'create', '--from', 'dev'],
      ['env', 'delete', '--yes'],
      ['env', 'update'],
      ['env', 'diff', 'dev'],
    ].map((words) => (text: string) => [...words, '--', text]),
    (text) => ['env', 'create', 'x', '--from', text],
    (text) => ['restore', `silver.t@${text}`],
    (text) => ['show', `silver.t@${text}`],
    (text) => ['show', 'silver.t', '--failures', text],
    (text) => ['query', `SELECT * FROM "${text}"`],
    (text) => ['query', `SELECT * FROM silver.t WHERE n = '${text}'`],
    (text) => ['query', `SELECT * FROM ${text}`],
    (text) => ['tables', `--env=${text}`],
    (text) => ['tables', `--storage=${text}`],
    (text) => ['promote', '--to', 'dev', '--', text],
    (text) => ['rollback', 'dev', '--to', text],
    (text) => ['gc', `--env=${text}`],
    (text) => ['export', 'delta', '--', text],
    (text) => ['copy', '--', text, 'local'],
    (text) => ['new', 'table', '--from', 'raw_data/a.csv', '--', text],
    (text) => ['new', 'table', '--from', text, 'silver.x'],
    (text, at) => ['new', 'table', '--from', 'raw_data/a.csv', '--notebook', text, `silver.y${at}`],
    (text, at) => ['new', 'table', '--from', 'raw_data/a.csv', '--flow', text, `silver.z${at}`],
  ]

  async function answers(lines: readonly (readonly string[])[]): Promise<Answer[]> {
    const script = fileURLToPath(new URL('hostile-child.ts', import.meta.url))
    const tsx = import.meta.resolve('tsx')
    const child = spawn(process.execPath, ['--conditions=sluice-source', '--import', tsx, script], {
      cwd: root,
      env: { PATH: process.env['PATH'], HOME: path.join(parent, 'home') },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.end(lines.map((words) => `${JSON.stringify(words)}\n`).join(''))
    const got: Answer[] = []
    for await (const line of createInterface({ input: child.stdout })) got.push(JSON.parse(line) as Answer)
    return got
  }

  it('is taken for what it says, or refused as a Problem', async () => {
    const before = await outside()
    // A NUL ends an argument: the system hands on none.
    const lines = texts
      .filter((text) => !text.includes('\0'))
      .flatMap((text, at) =>
        [0, 1, 2].map((more) => commands[(at * 3 + more) % commands.length]?.(text, at) ?? []),
      )
    const got = await answers([...lines, ['query', 'SELECT n FROM silver.t', '--json', '--env=dev']])
    expect(got).toHaveLength(lines.length + 1)
    const wrong = got.filter(
      ({ code, shown, data }) =>
        ![0, 1, 2].includes(code) ||
        shown.includes('internal error') ||
        obeyed.test(shown) ||
        obeyed.test(data.replaceAll('\u001b', '?')) ||
        (code === 2 && !/\[[a-z]+\/[a-z-]+\]/.test(shown)),
    )
    expect(wrong.slice(0, 3)).toEqual([])
    expect(await outside()).toEqual(before)
    expect(got.at(-1)).toMatchObject({ code: 0, data: '{"n":7}\n' })
    const kept = Object.keys(await treeOf(path.join(root, 'storage'), []))
    expect(kept.filter((file) => !/^[\w./-]*$/.test(file) || file.includes('..'))).toEqual([])
  })
})

describe('a name in a flow', () => {
  const good = table('silver.good', { n: t.integer() })
  const places: { readonly [place: string]: (text: string) => Parameters<typeof described> } = {
    notebook: (text) => [loose('x', notebook({ name: text, outputs: { good }, run() {} }))],
    step: (text) => [loose('x', [notebook({ name: 'n', outputs: { good }, run() {} }), { name: text }])],
    flow: (text) => [loose(text, notebook({ name: 'n', outputs: { good }, run() {} }))],
    table: (text) => [
      loose('x', notebook({ name: 'n', outputs: { o: table(text, { n: t.integer() }) }, run() {} })),
    ],
    handle: (text) => [loose('x', notebook({ name: 'n', outputs: { [text]: good }, run() {} }))],
    column: (text) => [
      loose(
        'x',
        notebook({
          name: 'n',
          outputs: { o: table('a.b', { [text]: t.integer() }, { key: [text] }) },
          run() {},
        }),
      ),
    ],
    arg: (text) => [
      loose('x', notebook({ name: 'n', args: z.object({ [text]: z.string().default('v') }), run() {} })),
    ],
    'value of an arg': (text) => [
      loose('x', [
        notebook({ name: 'n', args: z.object({ v: z.string() }), run() {} }),
        { args: { v: text } },
      ]),
    ],
    'arg of the command line': (text) => [
      loose('x', notebook({ name: 'n', args: z.object({ v: z.string().default('') }), run() {} })),
      { overrides: { v: text } },
    ],
  }

  it.each(Object.entries(places))('is good or a Problem: %s', (place, flowOf) => {
    let accepted = 0
    for (const text of texts) {
      let told
      try {
        told = described(...flowOf(text))
      } catch (error) {
        expect(problemsOf(error), JSON.stringify(text)).toBeDefined()
        continue
      }
      const step = told.flow?.steps[0]
      if (!step) {
        expect(told.problems.length, JSON.stringify(text)).toBeGreaterThan(0)
        continue
      }
      accepted++
      if (place === 'value of an arg' || place === 'arg of the command line')
        expect(step.args).toEqual({ v: text })
      for (const { table: written } of step.outputs) {
        const key = layout.manifest('notebooks/n', written.name, 'v')
        expect(path.resolve('/root', key).startsWith('/root/tables/'), key).toBe(true)
      }
    }
    expect(accepted).toBeGreaterThan(0)
  })

  it('of an environment stays in the lake', async () => {
    const before = await outside()
    const lake = await openLake(localStorage(path.join(root, 'storage/envs')))
    const made: string[] = []
    for (const text of texts) {
      try {
        const env = lake.env(text)
        await publish(env, setting({ 'a.b': 'v1' }))
        await env.flush()
        made.push(text)
      } catch (error) {
        expect(
          problemsOf(error)?.map(({ code }) => code),
          JSON.stringify(text),
        ).toEqual(['project/name-invalid'])
      }
    }
    expect(made.length).toBeGreaterThan(5)
    expect(await lake.envs()).toEqual(made.toSorted())
    await lake.close()
    expect(await outside()).toEqual(before)
  })
})

describe('a column and a value in the engine', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await openRig()
  })
  afterAll(() => rig.close())

  it('are what they were', async () => {
    const seen = new Set<string>()
    const names = texts.filter((text) => {
      const key = text.toLowerCase()
      return columnNameFault(text) === undefined && !seen.has(key) && seen.add(key)
    })
    expect(names.length).toBeGreaterThan(300)
    const values = texts.filter((text) => text.isWellFormed())
    for (let from = 0; from < names.length; from += 25) {
      const some = names.slice(from, from + 25)
      const columns = Object.fromEntries(some.map((name) => [name, t.varchar()]))
      const row = Object.fromEntries(some.map((name, at) => [name, values[from + at] ?? '']))
      const written = sql.join(some.map((name) => sql`${row[name] ?? ''} AS ${sql.id(name)}`))
      const one = await writeQuery(rig, contract('t', columns), sql`SELECT ${written}`)
      const other = await writeRows(rig, contract('t', columns), [row])
      for (const file of [one.path, other])
        expect(await readAll(rig, parquetInput('raw', columns, [file]))).toEqual([row])
    }
  })

  it('come back from a query, or are refused', async () => {
    for (const text of texts) {
      const asked = Promise.resolve().then(() => queryAll(rig, sql`SELECT ${text} AS one, ${[text]} AS list`))
      if (text.isWellFormed()) expect(await asked).toEqual([{ one: text, list: [text] }])
      else expect(problemsOf(await asked.catch((error: unknown) => error))?.[0]?.code).toBe('query/value')
    }
  })
})

describe('a run of real processes', () => {
  it('takes names of JavaScript and hostile args, and gives the values back', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'length', 'valueOf']
    const values = texts.filter((text) => text.isWellFormed() && text.length < 300).slice(0, 150)
    const one = (name: string) => `import { notebook, sql, t, table } from 'sluice'
import { z } from 'zod'
export const out = table('js.${name}', { ${JSON.stringify(`['${name}']`)}: t.varchar(), ['${name}']: t.varchar() })
export default notebook({
  args: z.object({ values: z.array(z.string()) }),
  outputs: { ['${name}']: out },
  run: async ({ args, outputs, log, db }) => {
    const read = await db.one(sql\`SELECT 7 AS ${JSON.stringify(name)}\`)
    if (JSON.stringify(Object.entries(read)) !== '[["${name}",7]]') throw new Error(JSON.stringify(Object.entries(read)))
    for (const value of args.values) { log.info(value); console.log(value) }
    await outputs['${name}'].insert(args.values.map((value) => Object.fromEntries([[${JSON.stringify(`['${name}']`)}, value], ['${name}', value]])))
  },
})
`
    const flow = `import { flow } from 'sluice'
${names.map((name, at) => `import n${at} from '../notebooks/${name}.ts'`).join('\n')}
const args = { values: ${JSON.stringify(values)} }
export default flow('main')${names.map((name, at) => `.step(n${at}, { name: '${name}', args })`).join('')}
`
    const project = await Project.open({
      'flows/main.ts': flow,
      ...Object.fromEntries(names.map((name) => [`notebooks/${name}.ts`, one(name)])),
    })
    try {
      const ended = await project.sluice('run', 'main')
      expect(ended.code, (ended.out + ended.err).slice(-3000)).toBe(0)
      expect(obeyed.exec(ended.out)).toBeNull()
      for (const name of names) {
        const rows = await project.query(`SELECT * FROM js.${name}`)
        const lines = rows.map((row) => JSON.stringify(Object.values(row))).toSorted()
        expect(lines, name).toEqual(values.map((value) => JSON.stringify([value, value])).toSorted())
      }
      const again = await project.run('main')
      expect(Object.values(again.outcomes)).toEqual(names.map(() => 'fresh'))
    } finally {
      await project.close()
    }
  })
})

/** How names and values get into SQL. */
interface Quoting {
  readonly name: (name: string) => string
  readonly text: (text: string) => string
}

describe('the same look finds', () => {
  let instance: DuckDBInstance
  let connection: DuckDBConnection
  beforeAll(async () => {
    instance = await DuckDBInstance.create(':memory:')
    keepByteOrderMarks()
    connection = await instance.connect()
  })
  afterAll(() => {
    connection.closeSync()
    instance.closeSync()
  })

  /** Texts that are not what they were, that another statement came of, or whose statement failed. */
  async function faultsOf({ name, text }: Quoting): Promise<string[]> {
    const faults: string[] = []
    await connection.run('CREATE OR REPLACE TABLE canary AS SELECT 1 AS n')
    for (const each of texts.filter((one) => one !== '' && !one.includes('\0') && one.isWellFormed())) {
      try {
        const result = await connection.runAndReadAll(`SELECT ${text(each)} AS ${name(each)}`)
        const same = result.getRowsJS()[0]?.[0]
        if (result.columnNames()[0] !== each || same !== each) faults.push(each)
        const [canary] = (await connection.runAndReadAll('FROM canary')).getRowObjectsJS()
        if (canary?.['n'] !== 1) throw new Error('the canary changed')
      } catch {
        faults.push(each)
        await connection.run('CREATE OR REPLACE TABLE canary AS SELECT 1 AS n')
      }
    }
    return faults
  }

  it('names and values that are pasted into SQL, and none that are quoted', async () => {
    expect(await faultsOf({ name: quoteName, text: quoteText })).toEqual([])
    const pasted = await faultsOf({ name: (name) => `"${name}"`, text: (text) => `'${text}'` })
    expect(pasted.length).toBeGreaterThan(50)
    expect(pasted).toContain("x'); UPDATE canary SET n = 2; --")
  })

  it('names that are pasted into paths', async () => {
    const before = await outside()
    for (const text of texts)
      await writeFile(path.join(root, 'storage', `${text}.parquet`), '').catch(() => undefined)
    const changed = Object.keys(await outside()).filter((file) => !(file in before))
    expect(changed).toContain('a/b/escaped.parquet')
    for (const file of changed) await rm(path.join(parent, file))
    expect(await outside()).toEqual(before)
  })
})
