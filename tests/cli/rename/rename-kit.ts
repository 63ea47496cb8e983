import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { sluice } from '../rig.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))

/** A project in which a column and a table are referred to in each way that there is. */
export const shop: { readonly [file: string]: string } = {
  'package.json': '{ "type": "module" }\n',
  'sluice.yaml': '',
  'raw/trips.csv': 'vendor,fare,zone\n1,10.5,4\n1,2.5,5\n2,7.25,4\n',
  'raw/zones.csv': 'zone,name,fare\n4,North,1\n5,South,2\n',
  'notebooks/sources.ts': `import { source, t } from 'sluice'

export const tripFile = source.csv('raw/trips.csv', {
  columns: { vendor: t.integer(), fare: t.decimal(10, 2), zone: t.integer() },
})
export const zoneFile = source.csv('raw/zones.csv', {
  columns: { zone: t.integer(), name: t.varchar(), fare: t.integer() },
})
`,
  'notebooks/silver/zones.ts': `import { notebook, sql, table, t } from 'sluice'
import { zoneFile } from '../sources.ts'

export const zones = table(
  'silver.zones',
  { zone: t.integer(), name: t.varchar(), fare: t.integer().check('fare > 0') },
  { key: ['zone'] },
)

export default notebook({
  inputs: { zoneFile },
  outputs: { zones },
  select: { zones: ({ zoneFile }) => sql\`SELECT * FROM \${zoneFile} AS z\` },
})
`,
  'notebooks/silver/trips.ts': `import { check, notebook, sql, table, t } from 'sluice'
import { tripFile } from '../sources.ts'
import { zones } from './zones.ts'

export const trips = table(
  'silver.trips',
  {
    vendor: t.integer(),
    fare: t.decimal(10, 2).check('fare >= 0').describe('The fare'),
    zone: t.integer().references(zones, 'zone'),
  },
  {
    key: ['vendor', 'fare'],
    checks: [
      'fare < 1000 -- fare',
      check.unique(['fare', 'vendor']),
      check.value('avg(fare)', { min: 0 }),
      check.query(
        ({ self, zones }) => sql\`SELECT s.* FROM \${self} AS s JOIN \${zones} AS z USING (zone) WHERE s.fare < -z.fare\`,
        { name: 'cheap', tables: { zones } },
      ),
    ],
  },
)

export default notebook({
  inputs: { tripFile },
  outputs: { trips },
  select: {
    trips: ({ tripFile }) => sql\`
      -- the fare stays 'fare' in the file
      SELECT vendor, fare, zone FROM \${tripFile} AS f WHERE fare > \${0}\`,
  },
})
`,
  'notebooks/gold/money.ts': `import { notebook, sql, table, t } from 'sluice'
import { trips } from '../silver/trips.ts'
import { zones } from '../silver/zones.ts'

export const money = table('gold.money', {
  zone: t.integer(),
  fare: t.decimal(38, 2),
  word: t.varchar(),
  zfare: t.integer(),
})
export const same = table('gold.same', {
  vendor: trips.columns.vendor,
  fare: t.decimal(10, 2),
  zone: t.integer(),
})

const positive = sql\`t.fare > 0\`

export default notebook({
  inputs: { trips: trips.pick('fare', 'zone', 'vendor'), zones },
  outputs: { money, same },
  select: {
    money: ({ trips, zones }) => sql\`
      WITH x AS (SELECT zone, fare FROM \${trips} AS t WHERE \${positive})
      SELECT x.zone, sum(x.fare) AS fare, 'fare' AS word, z.fare AS zfare /* fare */
      FROM x JOIN \${zones} AS z ON z.zone = x.zone
      GROUP BY x.zone, z.fare\`,
    same: ({ trips }) => sql\`SELECT * FROM \${trips} AS t\`,
  },
})
`,
  'notebooks/gold/coded.ts': `import { notebook, sql, table, t } from 'sluice'
import { trips } from '../silver/trips.ts'

export const coded = table('gold.coded', { fare: t.decimal(10, 2), total: t.decimal(38, 2).nullable() })
const names = ['fare', 'zone'] as const

export default notebook({
  inputs: { trips: trips.pick(...names) },
  outputs: { coded },
  async run({ inputs, outputs, db }) {
    const { total } = await db.one<{ total: string }>(
      sql\`SELECT sum(fare) AS total FROM \${inputs.trips} AS t WHERE fare > \${1}\`,
    )
    for await (const row of inputs.trips.rows()) {
      const { fare } = row
      await outputs.coded.insert({ fare, total: row['fare'] === fare ? total : row.fare })
    }
  },
})
`,
  'notebooks/gold/expects.ts': `import { notebook, sql, table, t } from 'sluice'

const expected = table('silver.trips', { fare: t.decimal(10, 2), zone: t.integer() })
export const top = table('gold.top', { fare: t.decimal(10, 2) })

export default notebook({
  inputs: { expected },
  outputs: { top },
  select: { top: ({ expected }) => sql.file(new URL('./top.sql', import.meta.url), { expected }) },
})
`,
  'notebooks/gold/top.sql': `-- the best fare
SELECT fare
FROM $expected AS e
QUALIFY row_number() OVER (PARTITION BY zone ORDER BY fare DESC, zone) = 1
`,
  'flows/all.ts': `import { flow } from 'sluice'
import coded from '../notebooks/gold/coded.ts'
import money from '../notebooks/gold/money.ts'
import trips from '../notebooks/silver/trips.ts'
import zones from '../notebooks/silver/zones.ts'
import { tripFile, zoneFile } from '../notebooks/sources.ts'

export default flow('all').source(tripFile).source(zoneFile).step(zones).step(trips).step(money).step(coded)
`,
  'flows/more.yaml': `sources:
  - silver.trips # from all
steps:
  - notebook: gold/expects
`,
  'tests/money.ts': `import { given } from 'sluice/testing'
import money from '../notebooks/gold/money.ts'

export const tested = () =>
  given(money, {
    trips: [{ fare: '1.00', zone: 4, vendor: 1 }, { fare: '2.00' }],
    zones: [{ zone: 4, name: 'N', fare: 3 }],
  }).expectSome({ same: [{ fare: '1.00' }] })
`,
}

/** A project on disk, with the built program to call in it. */
export class RenameProject {
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  /** @param changed files beside those of the shop, or in their place; undefined takes one away */
  static async make(changed: { readonly [file: string]: string | undefined } = {}): Promise<RenameProject> {
    const project = new RenameProject(realpathSync(mkdtempSync(path.join(tmpdir(), 'sluice-rename-'))))
    const { compilerOptions } = JSON.parse(readFileSync(path.join(repository, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: object
    }
    const include = ['notebooks', 'flows', 'tests']
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, include }))
    for (const [file, text] of Object.entries({ ...shop, ...changed }))
      if (text !== undefined) project.write(file, text)
    mkdirSync(path.join(project.root, 'node_modules'))
    symlinkSync(repository, path.join(project.root, 'node_modules/sluice'))
    for (const name of ['zod', '@types'])
      symlinkSync(path.join(repository, 'node_modules', name), path.join(project.root, 'node_modules', name))
    return project
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  call(...words: string[]) {
    return sluice(words, { cwd: this.root })
  }

  write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(this.root, file)), { recursive: true })
    writeFileSync(path.join(this.root, file), text)
  }

  read(file: string): string {
    return readFileSync(path.join(this.root, file), 'utf8')
  }

  /** All files that are a person's, with their bytes. */
  tree(): { readonly [file: string]: string } {
    const files = ['notebooks', 'flows', 'tests'].flatMap((folder) =>
      readdirSync(path.join(this.root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(this.root, path.join(entry.parentPath, entry.name))),
    )
    return Object.fromEntries(files.toSorted().map((file) => [file, this.read(file)]))
  }

  /** What TypeScript says of the whole project. */
  typeErrors(): string[] {
    const compiler = path.join(repository, 'node_modules/typescript/bin/tsc')
    const words = [compiler, '-p', this.root, '--pretty', 'false']
    const { stdout } = spawnSync(process.execPath, words, { cwd: this.root, encoding: 'utf8' })
    return stdout
      .split('\n')
      .filter((line) => /^(notebooks|flows|tests)\//.test(line) || line.startsWith('error'))
  }

  /** The rows of a table after a run, as JSON, in order. */
  async rows(table: string): Promise<string> {
    const { stdout, stderr, code } = await this.call('query', `FROM ${table} ORDER BY ALL`, '--json')
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
}
