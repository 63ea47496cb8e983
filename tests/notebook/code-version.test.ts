import { statSync, utimesSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { removeProjects, SmallProject } from './small-project.ts'

afterEach(removeProjects)

const entry = 'notebooks/silver/clean.ts'
const files = {
  'package.json': '{ "name": "small", "type": "module" }',
  [entry]: `import { notebook, sql, table as declare, t } from 'sluice'
import { z } from 'zod'
import { upper } from 'letters'
import { shout } from 'linked'
import { rawTrips } from '../bronze/ingest.ts'
import { rides, tidy as clean } from '../shared/index.ts'
import * as zones from '../tables.ts'
import { columns } from '../columns.ts'
import settings from '../settings.json' with { type: 'json' }
import type { Trip } from '../types.ts'
import { unused } from '../unused.ts'

type Row = { id: number }

/** The trips. */
export const trips = declare('silver.trips', {
  id: t.integer(),
  ...columns,
}, { key: ['id'], description: 'One row for each trip.', owner: 'ana', tags: ['a'] })

const few = zones.zones.pick('id').optional()
const Args = z.object({ limit: z.number().default(5) })

export default notebook({
  description: 'Cleans.',
  owner: 'ana',
  tags: ['daily'],
  schedule: '0 3 * * *',
  inputs: { raw: rawTrips.pick('id'), rides, few },
  outputs: { trips },
  args: Args,
  select: {
    trips: ({ raw }, args): Row => sql\`
      SELECT \${clean(upper('x'))}, \${shout(settings.word)} FROM \${raw}
      WHERE id < \${args.limit}\`,
  },
})

export const query = new URL('./query.sql', import.meta.url)
`,
  'notebooks/bronze/ingest.ts': `import { notebook, source, table, t } from 'sluice'
import { download } from './download.ts'
export const rawTrips = table('bronze.trips', { id: t.integer() })
export const file = source.csv('raw/*.csv', { columns: { id: t.integer() } })
export default notebook({ outputs: { rawTrips }, async run() { return download() } })
`,
  'notebooks/bronze/download.ts': 'export const download = () => 1\n',
  'notebooks/tables.ts': `import * as sluice from 'sluice'
export const zones = sluice.table('zones', { id: sluice.t.integer() })
export const rideTable = sluice.table('rides', { id: sluice.t.integer() })
`,
  'notebooks/shared/index.ts': `export * from '../tables.ts'
export { rideTable as rides } from '../tables.ts'
export { tidy } from './text.ts'
`,
  'notebooks/shared/text.ts': `import { trimmed } from './trim.ts'
// Makes text tidy.
export function tidy(text: string): string {
  return trimmed(text).toLowerCase()
}
`,
  'notebooks/shared/trim.ts': 'export const trimmed = (text: string) => text.trim()\n',
  'notebooks/columns.ts': `import { t } from 'sluice'\nexport const columns = { fare: t.double() }\n`,
  'notebooks/settings.json': '{ "word": "hi", "n": 1 }',
  'notebooks/types.ts': 'export interface Trip { id: number }\nconsole.log("side effect")\n',
  'notebooks/unused.ts': 'export const unused = 1\n',
  'notebooks/silver/query.sql': 'SELECT 1',
  'node_modules/zod/package.json':
    '{ "name": "zod", "version": "4.0.0", "main": "index.js", "type": "module" }',
  'node_modules/zod/index.js': 'export const z = 1',
  'node_modules/letters/package.json': '{ "name": "letters", "version": "1.0.0", "exports": "./index.js" }',
  'node_modules/letters/index.js': 'export const upper = (x) => x',
  'node_modules/.package-lock.json':
    '{ "packages": { "node_modules/letters": { "integrity": "sha512-a" } } }',
  'packages/linked/package.json': '{ "name": "linked", "version": "1.0.0", "exports": "./src/index.ts" }',
  'packages/linked/src/index.ts': "export const shout = (x: string) => x + '!'\n",
}

function project(): SmallProject {
  const made = new SmallProject(files)
  made.link('packages/linked', 'node_modules/linked')
  return made
}

type Change = [what: string, change: (project: SmallProject) => void]

const counts: Change[] = [
  ['the query', (p) => p.edit(entry, 'id < ', 'id <= ')],
  ['a helper', (p) => p.edit('notebooks/shared/text.ts', 'toLowerCase', 'toUpperCase')],
  ['a helper two files away', (p) => p.edit('notebooks/shared/trim.ts', 'trim()', 'trimEnd()')],
  ['a value in imported JSON', (p) => p.edit('notebooks/settings.json', '"n": 1', '"n": 2')],
  ['a file that is read by new URL', (p) => p.write('notebooks/silver/query.sql', 'SELECT 2')],
  ['the removal of such a file', (p) => p.remove('notebooks/silver/query.sql')],
  ['the version of a package', (p) => p.edit('node_modules/letters/package.json', '1.0.0', '1.0.1')],
  ['the integrity of a package', (p) => p.edit('node_modules/.package-lock.json', 'sha512-a', 'sha512-b')],
  ['a workspace package', (p) => p.edit('packages/linked/src/index.ts', "'!'", "'?'")],
  [
    'a nearer package of the same name',
    (p) => {
      const about = '{ "name": "letters", "version": "2.0.0", "exports": "./index.js" }'
      p.write('notebooks/node_modules/letters/package.json', about)
      p.write('notebooks/node_modules/letters/index.js', 'export const upper = (x) => x')
    },
  ],
  ['a new statement with an effect', (p) => p.write(entry, `${p.read(entry)}\nregister()\n`)],
  ['an import for its effects', (p) => p.write(entry, `import '../unused.ts'\n${p.read(entry)}`)],
  ['another helper under the same name', (p) => p.edit(entry, 'tidy as clean', 'other as clean')],
  [
    'another meaning of an exported name',
    (p) => p.edit('notebooks/shared/index.ts', '{ tidy }', '{ tidy, tidy as tidy2 }'),
  ],
  [
    'an edit of the same size with the old mtime',
    (p) => {
      const { atime, mtime } = statSync(p.path('notebooks/shared/trim.ts'))
      p.edit('notebooks/shared/trim.ts', 'text.trim()', 'text.blob()')
      utimesSync(p.path('notebooks/shared/trim.ts'), atime, mtime)
    },
  ],
]

const doesNotCount: Change[] = [
  ['nothing', () => undefined],
  ['a comment', (p) => p.edit('notebooks/shared/text.ts', '// Makes text tidy.', '/* Makes it tidy. */')],
  ['a licence comment', (p) => p.write(entry, `/*! @license MIT */\n${p.read(entry)}`)],
  ['the layout', (p) => p.edit('notebooks/shared/text.ts', '{\n  return', '{ return')],
  ['quotes', (p) => p.edit(entry, "'letters'", '"letters"')],
  ['quotes around a key', (p) => p.edit(entry, 'select: {', "'select': {")],
  ['a stray semicolon', (p) => p.write('notebooks/shared/text.ts', `${p.read('notebooks/shared/text.ts')};`)],
  ['Windows line ends', (p) => p.write(entry, p.read(entry).replaceAll('\n', '\r\n'))],
  ['a byte order mark', (p) => p.write(entry, `\uFEFF${p.read(entry)}`)],
  ['a type annotation', (p) => p.edit('notebooks/shared/trim.ts', '(text: string)', '(text: unknown)')],
  ['a cast', (p) => p.edit('notebooks/shared/text.ts', 'trimmed(text)', '(trimmed(text) as string)!')],
  ['a renamed local type', (p) => p.edit(entry, 'Row', 'Line')],
  ['a module of types', (p) => p.write('notebooks/types.ts', 'export interface Trip { id: string }')],
  ['a dropped import of types', (p) => p.edit(entry, "import type { Trip } from '../types.ts'\n", '')],
  ['a module whose import is not used', (p) => p.edit('notebooks/unused.ts', '1', '2')],
  ['a dropped import that is not used', (p) => p.edit(entry, "import { unused } from '../unused.ts'\n", '')],
  [
    'the order of imports',
    (p) => {
      const line = "import { z } from 'zod'\n"
      p.write(entry, line + p.read(entry).replace(line, ''))
    },
  ],
  ['the description of a table', (p) => p.edit(entry, 'One row for each trip.', 'Trips.')],
  ['owner and tags of a table', (p) => p.edit(entry, "owner: 'ana', tags: ['a']", "tags: ['b']")],
  ['a column of its table', (p) => p.edit(entry, 't.integer()', 't.bigint()')],
  ['a module that only a table uses', (p) => p.edit('notebooks/columns.ts', 'double', 'float')],
  ['the description of the notebook', (p) => p.edit(entry, "description: 'Cleans.',\n", '')],
  [
    'owner, tags and schedule of the notebook',
    (p) => p.edit(entry, "tags: ['daily'],\n  schedule: '0 3 * * *',", 'timeout: "3m",'),
  ],
  ['the default of an arg', (p) => p.edit(entry, 'default(5)', 'default(6)')],
  ['an input that is narrowed otherwise', (p) => p.edit(entry, "rawTrips.pick('id')", 'rawTrips')],
  ['a narrowed input beside the notebook', (p) => p.edit(entry, ".pick('id').optional()", ".pick('id')")],
  ['a package that only args use', (p) => p.edit('node_modules/zod/package.json', '4.0.0', '4.1.0')],
  ['a table that is imported', (p) => p.edit('notebooks/bronze/ingest.ts', 't.integer()', 't.bigint()')],
  [
    'code of the notebook that writes it',
    (p) => p.edit('notebooks/bronze/ingest.ts', 'download()', 'download(1)'),
  ],
  ['what that code imports', (p) => p.edit('notebooks/bronze/download.ts', '1', '2')],
  ['a table behind a barrel', (p) => p.edit('notebooks/tables.ts', 'integer', 'bigint')],
  [
    'another table behind a barrel',
    (p) =>
      p.write(
        'notebooks/tables.ts',
        `${p.read('notebooks/tables.ts')}export const more = sluice.table('m', {})\n`,
      ),
  ],
  ['the layout of JSON', (p) => p.write('notebooks/settings.json', '{\n  "word": "hi",\n  "n": 1.0\n}')],
  ['a touch', (p) => utimesSync(p.path(entry), 1000, 1000)],
  ['a file rewritten as it was', (p) => p.write(entry, p.read(entry))],
  ['the same target by another ending', (p) => p.edit(entry, "'../shared/index.ts'", "'../shared/index.js'")],
  ['a lost stat index', (p) => p.remove('.sluice')],
]

describe('the code version', () => {
  it.each(counts)('changes with %s', async (_, change) => {
    const small = project()
    const before = await small.code(entry)
    change(small)
    expect((await small.code(entry)).version).not.toBe(before.version)
  })

  it.each(doesNotCount)('stays the same through %s', async (_, change) => {
    const small = project()
    const before = await small.code(entry)
    expect(before.problems).toEqual([])
    change(small)
    expect((await small.code(entry)).version).toBe(before.version)
  })

  it('is the same in a copy of the project elsewhere', async () => {
    const small = project()
    const copy = small.copy()
    copy.remove('node_modules/linked')
    copy.link('packages/linked', 'node_modules/linked')
    expect(await copy.code(entry)).toEqual(await small.code(entry))
  })

  it('names the files, packages and contracts that it is made of', async () => {
    const { files, packages, contracts, untracked } = await project().code(entry)
    expect(files.map(({ file }) => file)).toEqual([
      'notebooks/settings.json',
      'notebooks/shared/index.ts',
      'notebooks/shared/text.ts',
      'notebooks/shared/trim.ts',
      entry,
      'notebooks/silver/query.sql?content',
      'packages/linked/src/index.ts',
    ])
    expect(packages).toEqual(['letters@1.0.0 sha512-a'])
    expect(contracts.map((ref) => `${ref.file}#${ref.export}`)).toEqual([
      'notebooks/bronze/ingest.ts#rawTrips',
      'notebooks/silver/clean.ts#few',
      'notebooks/silver/clean.ts#trips',
      'notebooks/tables.ts#rideTable',
      'notebooks/tables.ts#zones',
    ])
    expect(untracked).toEqual([])
  })

  it('says which contract changed when a column of an imported table does', async () => {
    const small = project()
    const before = await small.code(entry)
    small.edit('notebooks/bronze/ingest.ts', 't.integer()', 't.bigint()')
    const after = await small.code(entry)
    const changed = after.contracts.filter((ref, index) => ref.digest !== before.contracts[index]?.digest)
    expect(changed.map((ref) => `${ref.file}#${ref.export}`)).toEqual(['notebooks/bronze/ingest.ts#rawTrips'])
  })

  it('says which symbol changed', async () => {
    const small = project()
    const before = await small.code(entry)
    small.edit('notebooks/shared/text.ts', 'toLowerCase', 'toUpperCase')
    small.edit(entry, 'id < ', 'id <= ')
    const after = await small.code(entry)
    const changed = Object.keys(after.symbols).filter((name) => after.symbols[name] !== before.symbols[name])
    expect(changed).toEqual([`${entry}#select.trips`, 'notebooks/shared/text.ts#tidy'])
  })

  it('does not read a file again whose stat is unchanged', async () => {
    const small = project()
    const first = await small.code(entry)
    expect(await small.code(entry)).toEqual(first)
  })
})

describe('the load digest', () => {
  it.each(
    [...counts, ...doesNotCount].filter(
      ([what]) => what.startsWith('a table') || what.includes('arg') || what.includes('code of'),
    ),
  )('changes with %s', async (_, change) => {
    const small = project()
    const before = await small.load(entry)
    change(small)
    expect((await small.load(entry)).digest).not.toBe(before.digest)
  })

  it('covers every file behind the entry, contracts too', async () => {
    const { files, packages } = await project().load(entry)
    expect(files.map(({ file }) => file)).toContain('notebooks/bronze/download.ts')
    expect(packages).toEqual(['letters@1.0.0 sha512-a', 'zod@4.0.0'])
  })

  it('stays the same when a file is rewritten as it was', async () => {
    const small = project()
    const before = await small.load(entry)
    small.write(entry, small.read(entry))
    expect(await small.load(entry)).toEqual(before)
  })
})
