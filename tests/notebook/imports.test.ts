import { afterEach, describe, expect, it } from 'vitest'
import { removeProjects, SmallProject } from './small-project.ts'

afterEach(removeProjects)

const upstream = `import { notebook, table } from 'sluice'
export const raw = table('raw', {})
export const helper = () => 1
export default notebook({ outputs: { raw }, async run() {} })
`

async function problems(entry: string, files: Readonly<Record<string, string>>) {
  return (await new SmallProject(files).code(entry)).problems
}

function notebookOf(imports: string, body = '1'): string {
  return `import { notebook } from 'sluice'\n${imports}\nexport default notebook({ async run() { return ${body} } })\n`
}

describe('what a notebook imports from another', () => {
  it.each([
    ['a helper', "import { raw, helper } from './up.ts'", '[raw, helper]', "'helper'"],
    ['a renamed helper', "import { helper as h } from './up.ts'", 'h', "'helper'"],
    ['the notebook itself', "import up from './up.ts'", 'up', "'default'"],
    ['a helper of a namespace', "import * as up from './up.ts'", '[up.raw, up.helper]', "'raw', 'helper'"],
    ['everything', "import * as up from './up.ts'", 'Object.keys(up)', 'everything'],
    ['its effects', "import './up.ts'", '1', 'the module itself'],
    ['code by a dynamic import', '', "await import('./up.ts')", 'everything'],
  ])('%s is a Problem', async (_, imports, body, what) => {
    const found = await problems('a.ts', { 'a.ts': notebookOf(imports, body), 'up.ts': upstream })
    expect(found).toEqual([
      {
        code: 'notebook/imports-code',
        message: `'a.ts' imports ${what} from the notebook 'up.ts', of which only tables and sources may be imported`,
        where: { file: 'a.ts', line: imports === '' ? 3 : 2, column: imports === '' ? 54 : 1 },
        hint: 'move it to a module of its own that both notebooks import',
      },
    ])
  })

  it.each([
    ['a table', "import { raw } from './up.ts'", 'raw'],
    ['a renamed table', "import { raw as r } from './up.ts'", 'r'],
    ['a table of a namespace', "import * as up from './up.ts'", 'up.raw'],
    ['a type', "import type { Helper } from './up.ts'", '1 as Helper'],
    ['a table through a barrel', "import { raw } from './barrel.ts'", 'raw'],
    ['a narrowed table', "import { few } from './few.ts'", 'few'],
  ])('%s is none', async (_, imports, body) => {
    const files = {
      'up.ts': upstream,
      'barrel.ts': "export * from './up.ts'\n",
      'few.ts': "import { raw } from './up.ts'\nexport const few = raw.pick('a').optional()\n",
    }
    const project = new SmallProject({ ...files, 'a.ts': notebookOf(imports, body) })
    const { problems, files: followed } = await project.code('a.ts')
    expect(problems).toEqual([])
    expect(followed.map(({ file }) => file)).toEqual(['a.ts'])
  })

  it('is told of the shared modules that it reaches', async () => {
    const found = await problems('a.ts', {
      'a.ts': notebookOf("import { both } from './shared.ts'", 'both'),
      'shared.ts': "import { helper } from './up.ts'\nexport const both = helper\n",
      'up.ts': upstream,
    })
    expect(found.map(({ message }) => message)).toEqual([
      "'shared.ts' imports 'helper' from the notebook 'up.ts', of which only tables and sources may be imported",
    ])
  })

  it('does not hold flows and tests', async () => {
    const flow = "import up, { helper } from './up.ts'\nhelper(up)\n"
    expect(await problems('flow.ts', { 'flow.ts': flow, 'up.ts': upstream })).toEqual([])
  })
})

describe('contracts that the code itself refers to', () => {
  const table =
    "import { table } from 'sluice'\nexport const raw = table('raw', {})\nexport const more = table('more', {})\n"

  it('are told apart from those that are inputs or outputs only', async () => {
    const project = new SmallProject({
      'a.ts': `import { notebook } from 'sluice'
import { raw, more } from './tables.ts'
export default notebook({ inputs: { raw, more }, async run() { return more.name } })
`,
      'tables.ts': table,
    })
    const { contracts, used } = await project.code('a.ts')
    expect(contracts.map((ref) => ref.export)).toEqual(['more', 'raw'])
    expect(used.map((ref) => ref.export)).toEqual(['more'])
  })

  it('count as code where they are not exported, because nobody could look at their value', async () => {
    const project = new SmallProject({
      'a.ts': `import { notebook, table } from 'sluice'
const own = table('own', { a: 1 })
export default notebook({ outputs: { own }, async run() { return own.name } })
`,
    })
    const before = await project.code('a.ts')
    expect(before.used).toEqual([])
    project.edit('a.ts', 'a: 1', 'b: 1')
    expect((await project.code('a.ts')).version).not.toBe(before.version)
  })
})

describe('an import that leads nowhere', () => {
  it('is a Problem with its place and the files of a like name', async () => {
    const found = await problems('a.ts', {
      'a.ts':
        "// dates\nimport type { X } from './dat.ts'\nimport { day } from './lib/dat.ts'\nexport const a = day\n",
      'lib/dates.ts': 'export const day = 1\n',
    })
    expect(found).toEqual([
      {
        code: 'notebook/import-unresolved',
        message: "'a.ts' imports './lib/dat.ts', which leads nowhere",
        where: { file: 'a.ts', line: 3, column: 1 },
        hint: "did you mean './lib/dates.ts'?",
      },
    ])
  })

  it('names the package to install', async () => {
    const [problem] = await problems('a.ts', { 'a.ts': "export { x } from '@a/b/c'\n" })
    expect(problem).toMatchObject({
      code: 'notebook/import-unresolved',
      hint: 'run npm install; if package.json does not name it: npm install @a/b',
    })
  })

  it.each([
    ['package.json', '{ "type": "module", }', /package\.json is not valid JSON: /],
    ['tsconfig.json', '{', /^it is there: is tsconfig\.json as it should be/],
  ])('names a %s that does not parse, for then nothing is found', async (file, text, hint) => {
    const [problem] = await problems('a.ts', {
      'a.ts': "export { b } from './b.ts'\n",
      'b.ts': 'export const b = 1\n',
      [file]: text,
    })
    expect(problem?.hint).toMatch(hint)
  })

  it('is noticed when the file goes away, and leads somewhere when it comes', async () => {
    const project = new SmallProject({
      'a.ts': "export { b } from './b.ts'\n",
      'b.ts': 'export const b = 1\n',
    })
    const before = await project.code('a.ts')
    project.remove('b.ts')
    expect((await project.code('a.ts')).problems).toHaveLength(1)
    project.write('b.ts', 'export const b = 1\n')
    expect(await project.code('a.ts')).toEqual(before)
  })

  it('follows the paths of tsconfig.json, also when they change', async () => {
    const project = new SmallProject({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "#lib/*": ["./one/*"] } } }',
      'a.ts': "export { b } from '#lib/b.ts'\n",
      'one/b.ts': 'export const b = 1\n',
      'two/b.ts': 'export const b = 2\n',
    })
    const files = async () => (await project.code('a.ts')).files.map(({ file }) => file)
    expect(await files()).toEqual(['a.ts', 'one/b.ts'])
    project.edit('tsconfig.json', './one/*', './two/*')
    expect(await files()).toEqual(['a.ts', 'two/b.ts'])
  })
})

describe('imports in a circle', () => {
  it('are one Problem for each circle, contracts too', async () => {
    const found = await problems('a.ts', {
      'a.ts': "import { b } from './b.ts'\nimport { x } from './x.ts'\nexport const a = [b, x]\n",
      'b.ts': "import { c } from './c.ts'\nexport const b = () => c\n",
      'c.ts':
        "import { table } from 'sluice'\n\nimport { b } from './b.ts'\nexport const c = table('c', b)\n",
      'x.ts': "export * from './x.ts'\nexport const x = 1\n",
    })
    expect(found.map(({ code, message, where }) => ({ code, message, where }))).toEqual([
      {
        code: 'notebook/import-cycle',
        message: "'b.ts', 'c.ts' import each other in a circle",
        where: { file: 'b.ts', line: 1, column: 1 },
      },
      {
        code: 'notebook/import-cycle',
        message: "'x.ts' imports itself",
        where: { file: 'x.ts', line: 1, column: 1 },
      },
    ])
    const whole = (
      await new SmallProject({
        'b.ts': "import { c } from './c.ts'\nexport const b = c\n",
        'c.ts': "import { b } from './b.ts'\nexport const c = () => b\n",
      }).code('b.ts')
    ).problems
    expect(whole[0]?.related).toEqual([
      { message: "'b.ts' imports 'c.ts'", where: { file: 'b.ts', line: 1, column: 1 } },
      { message: "'c.ts' imports 'b.ts'", where: { file: 'c.ts', line: 1, column: 1 } },
    ])
  })

  it('are none where one side is a type or a dynamic import', async () => {
    const found = await problems('a.ts', {
      'a.ts': "import { b } from './b.ts'\nexport type A = 1\nexport const a = b\n",
      'b.ts':
        "import { type A } from './a.ts'\nexport const b = 1 as A\nexport const late = () => import('./a.ts')\n",
    })
    expect(found).toEqual([])
  })
})

describe('a module that does not parse', () => {
  it('is a Problem with place and line', async () => {
    const found = await problems('a.ts', {
      'a.ts': "import { b } from './b.ts'\nexport const a = b\n",
      'b.ts': '// é😀\nexport const b = ;\n',
    })
    expect(found).toEqual([
      {
        code: 'notebook/syntax',
        message: "'b.ts' does not parse: Unexpected token",
        where: { file: 'b.ts', line: 2, column: 18 },
        hint: 'the line is: export const b = ;',
      },
    ])
  })

  it('is a Problem for JSON too', async () => {
    const [problem] = await problems('a.ts', {
      'a.ts': "import b from './b.json' with { type: 'json' }\nexport const a = b\n",
      'b.json': '{\n  "a": 1,\n}',
    })
    expect(problem).toMatchObject({ code: 'notebook/syntax', where: { file: 'b.json', line: 3 } })
  })

  it('is a Problem when it is not there at all', async () => {
    expect((await problems('none.ts', {})).map(({ code }) => code)).toEqual(['notebook/not-found'])
  })
})

describe('a module of CommonJS', () => {
  it.each([
    ['b.cjs', 'const x = require("./c.cjs"); module.exports = x; return\n', ['require']],
    ['b.cts', 'export const x: number = 1\n', []],
  ])('%s is read', async (file, text, untracked) => {
    const project = new SmallProject({
      'a.ts': `import * as b from './${file}'\nexport const a = b\n`,
      [file]: text,
    })
    const code = await project.code('a.ts')
    expect(code.problems).toEqual([])
    expect(code.files.map((each) => each.file)).toEqual(['a.ts', file])
    expect(code.untracked.map(({ what }) => what)).toEqual(untracked)
  })
})

describe('a dynamic import of a literal', () => {
  it('is followed', async () => {
    const project = new SmallProject({
      'a.ts': 'export const a = () => import(`./b.ts`)\n',
      'b.ts': 'export const b = 1\n',
    })
    const before = await project.code('a.ts')
    expect(before.untracked).toEqual([])
    project.edit('b.ts', '1', '2')
    expect((await project.code('a.ts')).version).not.toBe(before.version)
  })
})
