import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { flow, notebook, source, sql, table, t } from '../../src/index.ts'
import { describeFlow } from '../../src/flow/describe.ts'
import { declaredParts } from '../../src/freshness/parts.ts'
import { clean, declared, described, lines, loose, raw, reader, simple, trips } from './kit.ts'

const files = source.csv('raw/*.csv', { columns: { id: t.bigint() }, delimiter: ';' })

describe('a described flow', () => {
  it('is plain JSON that survives a journey', () => {
    const made = declared(loose('x', files, raw, clean))
    expect(JSON.parse(JSON.stringify(made))).toEqual(made)
  })

  it('has args with defaults, and the schema of each', () => {
    const [step] = declared(loose('x', raw, [clean, { args: { zones: [1] } }])).steps
    expect(step?.args).toEqual({ max: 500, zones: [1] })
    expect(step?.argsSchema.map(({ name, required }) => [name, required])).toEqual([
      ['max', false],
      ['zones', false],
    ])
    expect(step?.overrides).toEqual([])
  })

  it('knows its notebooks by their path under notebooks/', () => {
    const [step] = declared(loose('x', reader('silver__trips', [], ['a']))).steps
    expect(step).toMatchObject({
      file: 'notebooks/silver/trips.ts',
      notebook: 'silver/trips',
      name: 'silver__trips',
    })
  })

  it('knows files and places by the call when nobody says', () => {
    const here = notebook({ run() {} })
    const { problems } = describeFlow(flow('x').step(here), {
      projectRoot: new URL('../..', import.meta.url).pathname,
      overrides: {},
      processEnv: {},
    })
    expect(lines(problems)[0]).toContain(`notebook path 'tests/flow/describe.test' cannot be a folder`)
    expect(problems[0]?.where).toMatchObject({ file: 'tests/flow/describe.test.ts' })
    expect(problems[0]?.where?.line).toBeGreaterThan(30)
  })

  it('refuses a notebook outside of the project', () => {
    const { problems } = described(loose('x', clean), { fileOf: () => '/elsewhere/clean.ts' })
    expect(lines(problems)).toEqual([
      `notebook/not-found: the notebook 'clean' lies outside of the project, in /elsewhere/clean.ts`,
    ])
  })

  it('keeps the whole source behind a picked input', () => {
    const picked = notebook({ name: 'p', inputs: { f: files.pick('id') }, run() {} })
    const made = declared(loose('x', files, picked))
    expect(made.steps[0]?.inputs[0]?.origin).toMatchObject({
      paths: ['raw/*.csv'],
      dialect: { delimiter: ';' },
    })
    expect(made.sources).toHaveLength(1)
  })

  it('keeps limits, of the step before those of the notebook, and the expiry in milliseconds', () => {
    const slow = notebook({ name: 'slow', timeout: '1m', retries: 2, expires: '24h', run() {} })
    const [step] = declared(loose('x', [slow, { timeout: '2m', memory: '2GB' }])).steps
    expect(step?.limits).toEqual({ timeout: '2m', retries: 2, memory: '2GB' })
    expect(step?.expiresAfter).toBe(86_400_000)
  })
})

describe('rebinding', () => {
  it('gives inputs and outputs other names, and keeps the columns that the notebook reads', () => {
    const other = table('bronze.other', { id: t.bigint(), more: t.date() })
    const settings = { inputs: { raw: other }, outputs: { trips: { name: 'silver.t2', path: 'silver/t2' } } }
    const [step] = declared(loose('x', other, [clean, settings])).steps
    expect(step?.inputs[0]).toMatchObject({ handle: 'raw', name: 'bronze.other', columns: [{ name: 'id' }] })
    expect(step?.outputs[0]).toMatchObject({
      handle: 'trips',
      table: { name: 'silver.t2', path: 'silver/t2' },
    })
  })

  it('refuses handles that do not exist', () => {
    const { problems } = described(loose('x', raw, [clean, { inputs: { rwa: raw }, outputs: { trip: 'a' } }]))
    expect(lines(problems)).toEqual([
      `flow/invalid: step 'clean': there is no input 'rwa'`,
      `flow/invalid: step 'clean': there is no output 'trip'`,
    ])
    expect(problems[0]?.hint).toBe("did you mean 'raw'?")
  })
})

describe('a flow in a flow', () => {
  const inner = loose('inner', trips, reader('count', ['silver.trips'], ['gold.count']))

  it('puts its steps in its place, called after both', () => {
    const made = declared(loose('outer', raw, clean, inner))
    expect(made.steps.map(({ name, inFlow }) => [name, inFlow])).toEqual([
      ['clean', 'outer'],
      ['inner/count', 'inner'],
    ])
  })

  it('can be placed under another name', () => {
    const made = declared(loose('outer', raw, clean, [inner, { name: 'part' }]))
    expect(made.steps.map(({ name }) => name)).toEqual(['clean', 'part/count'])
  })

  it('shares sources that are the same, and refuses two different ones of one name', () => {
    const twin = source.csv('raw/*.csv', { columns: { id: t.bigint() }, delimiter: ';' })
    expect(declared(loose('x', files, loose('in', twin))).sources).toHaveLength(1)
    const other = source.csv('raw/*.csv', { columns: { id: t.varchar() } })
    const { problems } = described(loose('x', files, loose('in', other)))
    expect(lines(problems)).toEqual([`flow/invalid: two different sources are called 'raw/*.csv'`])
    expect(problems[0]?.related).toHaveLength(2)
  })
})

describe('args that do not fit', () => {
  const typed = notebook({
    name: 'typed',
    secrets: ['KEY'],
    args: z.object({
      max: z.number().max(10),
      mode: z.enum(['a', 'b']).default('a'),
      label: z.string().min(3).default('abc'),
      token: z.string().min(30).optional(),
    }),
    run() {},
  })
  it.each([
    [{}, `step 'typed': arg 'max' is missing`],
    [{ max: 'a' }, `step 'typed': arg 'max' is string but number is expected`],
    [{ max: 1, maxx: 2 }, `step 'typed': there is no arg 'maxx'`],
    [{ max: 11 }, `step 'typed': arg 'max': Too big: expected number to be <=10, and it is '11'`],
    [
      { max: 1, mode: 'c' },
      `step 'typed': arg 'mode': Invalid option: expected one of "a"|"b", and it is 'c'`,
    ],
    [{ max: 1, token: 'hush' }, `step 'typed': arg 'token' does not fit its schema`],
    [{ max: 1, label: 'k3' }, `step 'typed': arg 'label' does not fit its schema`],
  ])('%j: %s', (args, message) => {
    const { flow: made, problems } = described(loose('x', [typed, { args }]), { processEnv: { KEY: 'k3' } })
    expect(made).toBeUndefined()
    expect(lines(problems)).toEqual([`notebook/args-invalid: ${message}`])
  })

  it('are all told at once', () => {
    const { problems } = described(loose('x', [typed, { args: { max: 'a', mode: 'c', zz: 1 } }]))
    expect(problems).toHaveLength(3)
  })

  it('are told for a notebook that takes none', () => {
    const { problems } = described(
      loose('x', raw, reader('none', [], []), [reader('r', [], []), { args: { a: 1 } }]),
    )
    expect(lines(problems)).toEqual([`notebook/args-invalid: step 'r': there is no arg 'a'`])
  })

  it.each([
    [
      'a value that is no JSON',
      z.object({
        f: z
          .any()
          .default(1)
          .transform(() => () => 1),
      }),
      `arg 'f' cannot be kept as JSON`,
    ],
    [
      'a schema that throws',
      z.object({
        f: z.any().transform(() => {
          throw new Error('bang')
        }),
      }),
      'threw: bang',
    ],
    ['a schema that is no object', z.string(), 'they must be a zod object'],
  ])('%s is a Problem', (_, args, message) => {
    const odd = notebook({ name: 'odd', args, run() {} })
    const { problems } = described(loose('x', odd))
    expect(lines(problems).join()).toContain(message)
  })

  it('keeps bigints and dates without loss', () => {
    const exact = notebook({ name: 'exact', args: z.object({ big: z.bigint(), day: z.date() }), run() {} })
    const [step] = declared(loose('x', [exact, { args: { big: 2n ** 60n, day: new Date(0) } }])).steps
    expect(step?.args).toEqual({
      big: { $bigint: String(2n ** 60n) },
      day: { $date: '1970-01-01T00:00:00.000Z' },
    })
  })
})

describe('the environment', () => {
  const regional = notebook({
    name: 'r',
    env: z.object({ REGION: z.string(), SIZE: z.coerce.number() }),
    run() {},
  })

  it('is read by declared names only', () => {
    const processEnv = { REGION: 'eu', SIZE: '3', OTHER: 'x' }
    const { flow: made, variables } = described(loose('x', regional), { processEnv })
    expect(made?.steps[0]?.env).toEqual({ REGION: 'eu', SIZE: 3 })
    expect(variables).toEqual(['REGION', 'SIZE'])
  })

  it('is told without its values', () => {
    const { problems } = described(loose('x', regional), { processEnv: { SIZE: 'hush' } })
    expect(lines(problems)).toEqual([
      `notebook/env-invalid: step 'r': the environment variable 'REGION' is not set`,
      `notebook/env-invalid: step 'r': the environment variable 'SIZE' does not fit what the notebook declares`,
    ])
    expect(JSON.stringify(problems)).not.toContain('hush')
  })
})

describe('names and contracts', () => {
  const column = { id: t.bigint() }
  it.each([
    ['a hostile table', table('../up', column), `table '../up' has an empty part`],
    ['a table of five words', table('a.b.c.d.e', column), `has more than four parts`],
    ['a reserved name', table('silver.nul', column), `which Windows reserves`],
    ['a hostile path', table('a', column, { path: '../../etc' }), `its path '../../etc' may hold only`],
    ['a hostile column', table('a', { 'x\n': t.date() }), 'holds a control character'],
    ['columns that clash', table('a', { Id: t.date(), id: t.date() }), `'Id' and 'id' differ in the case`],
    ['no columns', table('a', {}), `table 'a' has no columns`],
    ['a key', table('a', column, { key: ['idd' as 'id'] }), `its key names the column 'idd'`],
    ['a check', table('a', column, { checks: ['ide > 0'] }), `the check 'ide > 0' names the column 'ide'`],
    ['a quoted check', table('a', column, { checks: [`abs("Idd") > 0`] }), `names the column 'Idd'`],
    [
      'a reference',
      table('a', { of: t.bigint().references(raw, 'idd' as 'id') }),
      `references 'bronze.raw.idd'`,
    ],
    [
      'a reference to another type',
      table('a', { of: t.varchar().references(raw, 'id') }),
      `references 'bronze.raw.id', but VARCHAR and BIGINT cannot be compared`,
    ],
  ])('%s: %#', (_, output, message) => {
    const writes = notebook({ name: 'w', outputs: { output }, run() {} })
    const { problems } = described(loose('x', raw, writes))
    expect(lines(problems).join('\n')).toContain(message)
    expect(problems).toHaveLength(1)
  })

  it.each([
    'id > 0',
    `note = 'x > "y"'`,
    'lower(ID) IS NOT NULL',
    'NOT id = 3',
    'current_date > day',
    '"id" > 1',
  ])('does not guess about the check: %s', (check) => {
    const output = table('a', { id: t.bigint(), note: t.varchar(), day: t.date() }, { checks: [check] })
    expect(described(loose('x', notebook({ name: 'w', outputs: { output }, run() {} }))).problems).toEqual([])
  })

  it('refuses names of flows, steps and handles that cannot be kept', () => {
    const odd = notebook({ name: 'ok', inputs: { 'a b': raw }, run() {} })
    const { problems } = described(loose('../x', raw, [odd, { name: 'a/b' }]))
    expect(problems.map(({ code }) => code).toSorted()).toEqual([
      'contract/name-invalid',
      'project/name-invalid',
      'project/name-invalid',
    ])
  })

  it('refuses two steps of one name, and tells both', () => {
    const { problems } = described(
      loose('x', reader('a', [], ['t1']), [reader('b', [], ['t2']), { name: 'a' }]),
    )
    expect(lines(problems)).toEqual([`flow/step-duplicate: two steps are called 'a': a and b`])
    expect(problems[0]?.related).toHaveLength(1)
  })

  it.each([
    [{ timeout: '10' }, `timeout '10' is not valid`],
    [{ retries: -1 }, `retries '-1' is not valid`],
    [{ memory: 'lots' }, `memory 'lots' is not valid`],
    [{ threads: 0 }, `threads '0' is not valid`],
  ])('refuses %j', (settings, message) => {
    const { problems } = described(loose('x', [reader('a', [], []), settings]))
    expect(lines(problems)).toEqual([`contract/option-invalid: step 'a': ${message}`])
  })

  it.each([
    ['neither', {}, 'its notebook has neither select nor run'],
    ['both', { select: { a: () => sql`` }, run() {} }, 'its notebook has both select and run'],
    ['a query too few', { select: {} }, `output 'a' has no query`],
    [
      'a query too many',
      { select: { a: () => sql``, b: () => sql`` } },
      `there is no output 'b' for its query`,
    ],
  ])('refuses a notebook with %s', (_, body, message) => {
    const odd = notebook({ name: 'odd', outputs: { a: simple('a') }, ...body } as Parameters<
      typeof notebook
    >[0])
    const { problems } = described(loose('x', odd))
    expect(lines(problems)).toEqual([`notebook/kind: step 'odd': ${message}`])
  })

  it('refuses what no table can be partitioned by, all at once', () => {
    const columns = { id: t.bigint(), month: t.varchar().nullable(), fare: t.double(), day: t.date() }
    const partitionBy = ['mnth', 'month', 'fare', 'day', 'day'] as unknown as ['day']
    const made = table('a', columns, { partitionBy })
    const { problems } = described(loose('x', notebook({ outputs: { made }, run() {} })))
    const start = "contract/option-invalid: table 'a' is partitioned by the column"
    expect(lines(problems)).toEqual([
      "contract/column-missing: table 'a' is partitioned by the column 'mnth', which does not exist",
      `${start} 'month', which may be NULL`,
      `${start} 'fare', which is DOUBLE`,
      `${start} 'day' twice`,
    ])
    expect(problems[0]?.hint).toContain("'month'")
  })

  it('has another fingerprint when it is partitioned in another way, and the old one when it is not', () => {
    const parts = (options: object) => {
      const made = table('a', { month: t.varchar(), id: t.bigint() }, options)
      const [step] = declared(loose('x', notebook({ outputs: { made }, run() {} }))).steps
      return step && declaredParts(step)['contract:out:a']
    }
    expect(parts({})).toBe('c4596db7ee0ecc4b30c32d31ba892b299a036020d0df45cc5443be676d165b0a')
    expect(parts({ partitionBy: [] })).toBe(parts({}))
    const all = [
      {},
      { partitionBy: ['month'] },
      { partitionBy: ['id', 'month'] },
      { partitionBy: ['month', 'id'] },
    ]
    expect(new Set(all.map(parts)).size).toBe(4)
  })

  it('tells what resolving finds, too, when something else is wrong', () => {
    const { problems } = described(loose('x', [clean, { args: { zz: 1 } }]))
    expect(problems.map(({ code }) => code)).toEqual(['notebook/args-invalid', 'flow/table-unknown'])
  })
})
