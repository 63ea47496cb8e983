import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { Rig } from '../run/rig.ts'

const trips = `
import { notebook, sql, table, t } from 'sluice'
export const zones = table('silver.zones', { zone_id: t.integer(), borough: t.varchar() }, { key: ['zone_id'] })
export const trips = table(
  'silver.trips',
  {
    id: t.integer(),
    zone_id: t.integer().check('zone_id > 0'),
    fare: t.decimal(10, 2).check('fare >= 0'),
    tip: t.double().nullable(),
  },
  { key: ['id'], description: 'Trips.', owner: 'fleet', tags: ['taxi'] },
)
export default notebook({
  outputs: { zones, trips },
  select: {
    zones: () => sql\`SELECT 1 AS zone_id, 'Bronx' AS borough\`,
    trips: () => sql\`SELECT 1 AS id, 1 AS zone_id, 5.00::DECIMAL(10,2) AS fare, 0.5::DOUBLE AS tip\`,
  },
})
`
const revenue = `
import { notebook, sql, table, t } from 'sluice'
import { trips } from '../silver/trips.ts'
export const revenue = table('gold.revenue', { counted: t.bigint() })
export default notebook({
  inputs: { trips: trips.pick('fare') },
  outputs: { revenue },
  select: { revenue: ({ trips }) => sql\`SELECT count(fare) AS counted FROM \${trips} AS t\` },
})
`
const files = {
  'notebooks/silver/trips.ts': trips,
  'notebooks/gold/revenue.ts': revenue,
  'flows/taxi.ts': `
import { flow } from 'sluice'
import trips from '../notebooks/silver/trips.ts'
import revenue from '../notebooks/gold/revenue.ts'
export default flow('taxi').step(trips).step(revenue)
`,
}
const source = 'notebooks/silver/trips.ts'
const lockFile = 'contracts/silver.trips.odcs.yaml'

let rig: Rig
afterEach(() => rig.close())

async function locked(): Promise<void> {
  rig = await Rig.open(files)
  const { code, err } = await rig.sluice('contract', 'lock')
  expect(err).toBe('')
  expect(code).toBe(0)
}

/** What `contracts/` holds, by file. */
function lock(): { [file: string]: string } {
  const folder = rig.path('contracts')
  return Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]),
  )
}

function git(...words: string[]): void {
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'commit.gpgsign=false']
  execFileSync('git', [...who, ...words], { cwd: rig.folder, stdio: 'pipe' })
}

describe('sluice contract lock', () => {
  test('writes a file for each table, and has nothing to do then', async () => {
    await locked()
    expect(Object.keys(lock())).toEqual([
      'gold.revenue.odcs.yaml',
      'silver.trips.odcs.yaml',
      'silver.zones.odcs.yaml',
    ])
    const before = lock()
    expect(await rig.sluice('contract', 'lock', '--check')).toMatchObject({ code: 0 })
    expect(await rig.sluice('contract', 'lock')).toMatchObject({
      code: 0,
      out: 'the lock is what the code says\n',
    })
    expect(lock()).toEqual(before)
  })

  test('counts the version up as the change is grave, and keeps what others wrote into the file', async () => {
    await locked()
    await rig.edit(lockFile, 'status: active', 'status: deprecated # until June')
    await rig.edit(lockFile, 'schema:', 'support:\n  - channel: "#taxi"\nschema:')
    await rig.edit(
      lockFile,
      'physicalType: DOUBLE\n',
      'physicalType: DOUBLE\n        classification: secret\n',
    )
    expect(await rig.sluice('contract', 'lock', '--check')).toMatchObject({ code: 0 })
    await rig.edit(source, 'fare: t', 'tolls: t.double(), fare: t')
    await rig.edit(source, "'Trips.'", "'All trips.'")
    expect(await rig.sluice('contract', 'lock', '--check')).toMatchObject({ code: 1 })
    const { code, out } = await rig.sluice('contract', 'lock')
    expect(code).toBe(0)
    expect(out).toContain(`~ ${lockFile}  1.0.0 -> 1.1.0`)
    const text = await rig.read(lockFile)
    for (const kept of [
      'status: deprecated # until June',
      '#taxi',
      'classification: secret',
      'All trips.',
      'tolls',
    ])
      expect(text).toContain(kept)
    await rig.edit(source, "'All trips.'", "'Every trip.'")
    expect((await rig.sluice('contract', 'lock')).out).toContain('1.1.0 -> 1.1.1')
  })

  test('refuses what breaks readers, and takes it on with a reason', async () => {
    await locked()
    const before = lock()
    await rig.edit(source, 't.decimal(10, 2).check', 't.double().check')
    const refused = await rig.sluice('contract', 'lock')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('nothing was written: 1 breaking')
    expect(lock()).toEqual(before)
    const taken = await rig.sluice('contract', 'lock', '--breaking', 'the meter sends floats')
    expect(taken.code).toBe(0)
    expect(taken.out).toContain('1.0.0 -> 2.0.0')
    expect(await rig.read(lockFile)).toContain('why: the meter sends floats')
    expect(await rig.sluice('contract', 'diff')).toMatchObject({ code: 0 })
  })

  test('takes away the file of a table that is gone, when it is told why', async () => {
    await locked()
    await rig.edit('flows/taxi.ts', '.step(revenue)', '')
    expect(await rig.sluice('contract', 'lock')).toMatchObject({ code: 1 })
    expect(Object.keys(lock())).toContain('gold.revenue.odcs.yaml')
    const { code, out } = await rig.sluice('contract', 'lock', '--breaking', 'nobody asked for it')
    expect(code).toBe(0)
    expect(out).toContain('- contracts/gold.revenue.odcs.yaml')
    expect(Object.keys(lock())).toEqual(['silver.trips.odcs.yaml', 'silver.zones.odcs.yaml'])
  })

  test('says no reason is no reason, and that --check takes none', async () => {
    rig = await Rig.open(files)
    expect(await rig.sluice('contract', 'lock', '--breaking', ' ')).toMatchObject({ code: 2 })
    expect(await rig.sluice('contract', 'lock', '--check', '--breaking', 'x')).toMatchObject({ code: 2 })
    expect(await rig.sluice('contract', 'lok')).toMatchObject({ code: 2 })
  })

  test.each<readonly [string, (text: string) => string, RegExp]>([
    [
      'is no YAML',
      (text) => text.replace('schema:', 'schema: [}'),
      /trips\.odcs\.yaml:\d+:\d+: this is not YAML/,
    ],
    [
      'holds conflict markers of git',
      (text) => text.replace('version: 1', '<<<<<<< HEAD\nversion: 2\n=======\nversion: 1'),
      /trips\.odcs\.yaml:8:1: git could not merge this file/,
    ],
    [
      'is of another kind',
      (text) => text.replace('DataContract', 'DataContact'),
      /:5:1: the kind 'DataContact' is not 'DataContract'/,
    ],
    [
      'has unknown types, all told at once',
      (text) => text.replace('DOUBLE', 'DUBLE').replace('DECIMAL(10,2)', 'DECIMAL(99,2)'),
      /'DECIMAL\(99,2\)' is not a type[\s\S]*column 'tip': 'DUBLE' is not a type of a contract[\s\S]*did you mean 'DOUBLE'/,
    ],
    ['is of another version', (text) => text.replace('v3.1.0', 'v4.0.0'), /the version 'v4\.0\.0' of ODCS/],
    [
      'has no version of its own',
      (text) => text.replace('version: 1.0.0', 'version: soon'),
      /'soon' is not of the form/,
    ],
    [
      'has the table of another file',
      (text) => text.replaceAll('silver.trips', 'silver.zones'),
      /the contract of 'silver\.zones' stands in .* too/,
    ],
    ['is empty', () => '', /keys and values are expected here/],
  ])('refuses a file that %s, and leaves all as they were', async (_, broken, message) => {
    await locked()
    await rig.write({ [lockFile]: broken(await rig.read(lockFile)) })
    await rig.edit(source, 'borough: t.varchar()', 'borough: t.varchar(), more: t.varchar().nullable()')
    const before = lock()
    const { code, err } = await rig.sluice('contract', 'lock', '--breaking', 'why not')
    expect(err).toMatch(message)
    expect(code).toBe(2)
    expect(lock()).toEqual(before)
  })
})

describe('sluice contract diff', () => {
  test('says what breaks, and which steps read it', async () => {
    await locked()
    await rig.edit(source, 't.decimal(10, 2).check', 't.double().check')
    await rig.edit(source, 'tip: t.double().nullable()', 'tip: t.double()')
    const { code, out } = await rig.sluice('contract', 'diff')
    expect(code).toBe(1)
    expect(out).toBe(
      [
        'breaking    silver.trips.fare: DECIMAL(10,2) -> DOUBLE',
        '            read by revenue (flow taxi, notebooks/gold/revenue.ts)',
        '            at notebooks/silver/trips.ts:4:22',
        'compatible  silver.trips.tip: is never NULL any more',
        '1 breaking, 1 compatible against the lock (3 tables)',
        '',
      ].join('\n'),
    )
    const json = await rig.sluice('contract', 'diff', '--json')
    expect(json.lines[0]?.['change']).toMatchObject({
      table: 'silver.trips',
      column: 'fare',
      kind: 'type-changed',
      level: 'breaking',
      readBy: [{ step: 'revenue', flow: 'taxi', file: 'notebooks/gold/revenue.ts' }],
    })
  })

  test('gives its breaking changes to reports, at their places', async () => {
    await locked()
    const report = ['--report', 'junit=o/diff.xml', '--report', 'github']
    expect((await rig.sluice('contract', 'diff', ...report)).code).toBe(0)
    expect(await rig.read('o/diff.xml')).toContain('<testcase name="no problems" classname="contracts"')
    await rig.edit(source, 't.decimal(10, 2).check', 't.double().check')
    const { code, out } = await rig.sluice('contract', 'diff', ...report)
    expect(code).toBe(1)
    expect(out).toContain(
      `::error file=${source},line=4,col=22,title=contract/breaking::silver.trips.fare: DECIMAL`,
    )
    expect(await rig.read('o/diff.xml')).toContain('tests="1" failures="1"')
    await rig.sluice('contract', 'lock', '--breaking', 'the new meter')
    expect((await rig.sluice('contract', 'diff', ...report)).code).toBe(0)
  })

  test('needs a lock', async () => {
    rig = await Rig.open(files)
    const { code, err } = await rig.sluice('contract', 'diff')
    expect(code).toBe(2)
    expect(err).toContain('[contract/lock-missing]')
  })

  test('compares with a git revision, and lets pass what the lock has taken on since', async () => {
    await locked()
    expect((await rig.sluice('contract', 'diff', '--git', 'HEAD')).err).toContain('no git repository')
    git('init', '--quiet', '--initial-branch', 'main')
    await rig.write({ '.gitignore': 'node_modules\n.sluice\nstorage/lake\n' })
    git('add', '.')
    git('commit', '--quiet', '-m', 'one')
    expect(await rig.sluice('contract', 'diff', '--git', 'main')).toMatchObject({ code: 0 })
    await rig.edit(source, 't.decimal(10, 2).check', 't.double().check')
    expect(await rig.sluice('contract', 'diff', '--git', 'main')).toMatchObject({ code: 1 })
    await rig.sluice('contract', 'lock', '--breaking', 'the meter sends floats')
    const taken = await rig.sluice('contract', 'diff', '--git', 'main')
    expect(taken.code).toBe(0)
    expect(taken.out).toContain('acknowledged in version 2.0.0: the meter sends floats')
    // A second breaking change is not covered by the first.
    await rig.edit(source, 'zone_id: t.integer().check', 'zone_id: t.bigint().check')
    expect(await rig.sluice('contract', 'diff', '--git', 'main')).toMatchObject({ code: 1 })
    const unknown = await rig.sluice('contract', 'diff', '--git', '--output=/tmp/x')
    expect(unknown.code).toBe(2)
    expect(unknown.err).toContain("git knows no revision '--output=/tmp/x' here")
  })

  test('says when a revision has no lock', async () => {
    rig = await Rig.open(files)
    git('init', '--quiet', '--initial-branch', 'main')
    git('add', 'flows')
    git('commit', '--quiet', '-m', 'one')
    await rig.sluice('contract', 'lock')
    const { code, err } = await rig.sluice('contract', 'diff', '--git', 'main')
    expect(code).toBe(0)
    expect(err).toContain('main has no lock in contracts/')
  })

  test('compares with what an environment has published', async () => {
    rig = await Rig.open(files)
    expect((await rig.sluice('contract', 'diff', '--env', 'dev')).err).toContain('nothing was ever written')
    expect(await rig.sluice('run')).toMatchObject({ code: 0 })
    expect(await rig.sluice('contract', 'diff', '--env', 'dev')).toMatchObject({ code: 0 })
    await rig.edit(source, "key: ['id']", "key: ['id', 'zone_id']")
    await rig.edit(source, ".check('fare >= 0')", '')
    const { code, out, err } = await rig.sluice('contract', 'diff', '--env', 'dev')
    expect(code).toBe(1)
    expect(out).toContain('breaking    silver.trips: key (id) -> (id, zone_id)')
    expect(out).not.toContain('check')
    expect(err).toContain('nothing else was compared')
    expect(await rig.sluice('contract', 'diff', '--env', 'dev', '--git', 'x')).toMatchObject({ code: 2 })
  })

  test('names the reader that picks a column which is gone', async () => {
    await locked()
    await rig.edit(source, "fare: t.decimal(10, 2).check('fare >= 0'),", '')
    const { code, err } = await rig.sluice('contract', 'diff')
    expect(code).toBe(2)
    expect(err).toContain("notebooks/gold/revenue.ts:6:26: table 'silver.trips' has no column 'fare' to pick")
  })
})
