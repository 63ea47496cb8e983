import { readFile, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

/** Characters that escapings and encodings treat in ways of their own. */
const odd = [
  '"',
  "'",
  '\\',
  ' ',
  '/',
  '+',
  '%',
  '&',
  '<',
  '$',
  '{',
  'ü',
  '日',
  '\u{1f511}',
  '\n',
  '=',
  ';',
  '`',
  '#',
  ':',
]

/** The ways in which a step tells a value `s`, on purpose or not. Each is a notebook of its own. */
const ways: readonly (readonly [string, string])[] = [
  ['stdout', `console.log('key', s)`],
  ['stderr', `console.error('key', s)`],
  [
    'two_writes',
    `process.stdout.write(s.slice(0, 7)); await new Promise((r) => setTimeout(r, 30)); process.stdout.write(s.slice(7) + '\\n')`,
  ],
  [
    'single_letters',
    `for (const c of s) { process.stderr.write(c); await new Promise((r) => setImmediate(r)) }`,
  ],
  ['log', `log.info('key ' + s); log.warn(s); log.error(s); log.debug(s)`],
  ['thrown', `fail = new Error('401 for ' + s)`],
  ['thrown_text', `fail = s`],
  ['thrown_cause', `fail = new Error('outer', { cause: new Error(s) }); console.error(fail)`],
  [
    'address',
    `fail = new Error('401 for https://user:' + encodeURIComponent(s) + '@x.test/?key=' + new URLSearchParams({ s }))`,
  ],
  ['json', `console.log(JSON.stringify({ body: JSON.stringify({ token: s }) }))`],
  ['inspected', `console.log({ deep: { token: s } }, [s], new Map([[s, s]])); console.table([{ s }])`],
  [
    'base64',
    `console.log('Basic ' + Buffer.from('user:' + s).toString('base64'), Buffer.from(s).toString('base64url'))`,
  ],
  ['hex', `console.log(Buffer.from(s).toString('hex'))`],
  ['cast', 'try { await db.all(sql`SELECT CAST(${s} AS INTEGER)`) } catch (e) { fail = e }'],
  ['identifier', 'try { await db.all(sql`SELECT ${sql.id(s)} FROM range(3)`) } catch (e) { fail = e }'],
  ['row', `try { await outputs.out.insert([{ n: s as never }]) } catch (e) { fail = e }`],
  [
    'file_name',
    `try { await readFile('/nowhere/' + s.replaceAll('/', ':')) } catch (e) { if (!s.includes('/')) fail = e }`,
  ],
  ['late', `setTimeout(() => { throw new Error(s) }, 0); await new Promise((r) => setTimeout(r, 1000))`],
  ['rejected', `void Promise.reject(new Error(s)); await new Promise((r) => setTimeout(r, 1000))`],
  ['exit', `console.log(s); process.exitCode = 3; process.exit()`],
]

const perWay = 10

/** Values of one shape each: no two share a beginning, and each holds something odd. */
function secretsOf(way: number): string[] {
  return Array.from({ length: perWay }, (_, at) => {
    const number = way * perWay + at
    return `${number}k${(number * 7919).toString(36)}-canary${odd[number % odd.length]}${odd[(number * 7 + 3) % odd.length]}end${number}`
  })
}

const name = (way: number, at: number) => `CANARY_${way}_${at}`

function notebookOf(way: number, declared: boolean): string {
  const names = Array.from({ length: perWay }, (_, at) => name(way, at))
  const [title, body] = ways[way]!
  const values = declared
    ? names.map((each) => `secrets.${each}`)
    : names.map((each) => `process.env.${each}!`)
  return `import { readFile } from 'node:fs/promises'
import { notebook, sql, t, table } from 'sluice'
export const out = table('a.${title}', { n: t.integer() })
export default notebook({
  outputs: { out },
  secrets: ${JSON.stringify(declared ? names : [])},
  async run({ outputs, secrets, db, log }) {
    void [db, log, sql, readFile, secrets]
    let fail: unknown
    for (const s of [${values.join(', ')}]) { ${body} }
    if (fail !== undefined) throw fail
    await outputs.out.insert([{ n: 1 }])
  },
})
`
}

function projectOf(numbers: readonly number[], declared: boolean): Record<string, string> {
  const files: Record<string, string> = {}
  for (const way of numbers) files[`notebooks/${ways[way]![0]}.ts`] = notebookOf(way, declared)
  const imports = numbers.map((way) => `import n${way} from '../notebooks/${ways[way]![0]}.ts'`)
  const steps = numbers.map((way) => `.step(n${way})`)
  files['flows/main.ts'] =
    `import { flow } from 'sluice'\n${imports.join('\n')}\nexport default flow('main')${steps.join('')}\n`
  return files
}

/** The forms of a value that count as it; a reader of any of them has it. */
function forms(value: string): string[] {
  const bytes = Buffer.from(value)
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toString('base64'),
    bytes.toString('hex'),
    // What is left when the first letters were taken for something else.
    value.slice(4),
  ]
}

async function texts(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder)) {
    if (entry === 'node_modules') continue
    const file = path.join(folder, entry)
    if ((await stat(file)).isDirectory()) found.push(...(await texts(file)))
    else found.push(await readFile(file, 'utf8'))
  }
  return found
}

/** What each step printed to each stream, put together again from its events. */
function joined(text: string): string[] {
  const streams = new Map<string, string>()
  for (const line of text.split('\n')) {
    if (!line.includes('"event":"step-printed"')) continue
    const { step, stream, text: piece } = JSON.parse(line) as { step: string; stream: string; text: string }
    const key = `${step} ${stream}`
    streams.set(key, `${streams.get(key) ?? ''}${piece}`)
  }
  return [...streams.values()]
}

/** Which of the values stand anywhere in what was printed or written. */
async function leaked(
  rig: Rig,
  said: readonly string[],
  values: ReadonlyMap<string, string>,
): Promise<string[]> {
  const each = [...said, ...(await texts(rig.folder))]
  const all = [...each, ...each.flatMap(joined)].join('\n')
  return [...values].flatMap(([variable, value]) =>
    forms(value).some((form) => all.includes(form)) ? [variable] : [],
  )
}

let rig: Rig | undefined
afterEach(() => rig?.close())

async function runAll(numbers: readonly number[], declared: boolean) {
  rig = await Rig.open(projectOf(numbers, declared))
  const values = new Map(
    numbers.flatMap((way) => secretsOf(way).map((value, at) => [name(way, at), value] as const)),
  )
  const env = { ...Object.fromEntries(values), SLUICE_DEBUG: '1' }
  const reports = ['junit', 'github', 'markdown', 'sarif', 'json'].flatMap((form) => [
    '--report',
    `${form}=out/${form}`,
  ])
  const said: string[] = []
  for (const words of [
    ['run', '--keep-going', ...reports],
    ['run', '--keep-going', '--json'],
    ['runs', '--json'],
    ['log', '--json'],
  ]) {
    const { out, err } = await rig.with(env, ...words)
    said.push(out, err)
  }
  const [last] = (await rig.sluice('runs', '--json')).lines
  said.push((await rig.with(env, 'runs', String(last?.['run']))).out)
  return { said, values, leaks: await leaked(rig, said, values) }
}

describe('200 secrets', () => {
  it('appear in no output, report, event, manifest, log entry, cache or error', async () => {
    const { leaks, values, said } = await runAll([...ways.keys()], true)
    expect(values.size).toBe(200)
    expect(said.join('').split('***').length, 'what was told was masked').toBeGreaterThan(200)
    expect(leaks).toEqual([])
  })

  it('are found by the same look when nobody declared them', async () => {
    const numbers = [...ways.keys()].filter((way) =>
      ['stdout', 'single_letters', 'thrown_text', 'hex'].includes(ways[way]![0]),
    )
    const { leaks } = await runAll(numbers, false)
    const found = numbers.map((way) => leaks.filter((each) => each.startsWith(`CANARY_${way}_`)).length)
    // Of what is thrown, the last one alone is told.
    expect(found).toEqual([perWay, perWay, 1, perWay])
  })
})
