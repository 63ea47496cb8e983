import { afterEach, describe, expect, it } from 'vitest'
import { removeProjects, SmallProject } from './small-project.ts'

afterEach(removeProjects)

/** A notebook whose query holds an expression at line 5, column 11. */
function notebookWith(expression: string, top = ''): string {
  return `import { notebook, sql } from 'sluice'
${top}
export default notebook({
  select: {
    one: (
inputs: object, args: { a: number }) => sql\`\${
          ${expression}
    }\`,
  },
})
`
}

async function findings(files: Readonly<Record<string, string>>) {
  return (await new SmallProject(files).code('a.ts')).untracked
}

describe('own code is untracked when it uses', () => {
  it.each([
    ['Date.now()', 'Date.now()'],
    ['new Date()', 'new Date()'],
    ['new Date', 'new Date()'],
    ['Date()', 'Date()'],
    ["Date['now']()", 'Date.now()'],
    ['[Date].map((D) => new D())', 'Date'],
    ['Math.random()', 'Math.random()'],
    ["Math['ran' + 'dom']()", 'Math.random()'],
    ['process.env.HOME', 'process.env'],
    ['process.argv', 'process.argv'],
    ['process.cwd()', 'process.cwd()'],
    ['process', 'process'],
    ["fetch('http://x')", 'fetch'],
    ['performance.now()', 'performance.now()'],
    ['crypto.randomUUID()', 'crypto.randomUUID()'],
    ['crypto.getRandomValues(new Uint8Array(1))', 'crypto.getRandomValues()'],
    ['import.meta.dirname', 'import.meta.dirname'],
    ['import.meta.filename', 'import.meta.filename'],
    ['import.meta.url', 'import.meta.url'],
    ['new URL(args.a, import.meta.url)', 'import.meta.url'],
    ["new Worker('x')", 'Worker'],
    ["eval('1')", 'eval'],
    ["new Function('return 1')()", 'Function()'],
    ["require('x')", 'require'],
    ['globalThis.fetch', 'globalThis'],
    ['import(args.a)', 'import() of a computed name'],
    ["import('./nowhere.ts')", "import('./nowhere.ts')"],
    ["import('node:fs')", 'node:fs'],
    ["new URL('./', import.meta.url)", "the folder './'"],
    ['((b) => { if (b) { const fetch = 1 } return fetch })(1)', 'fetch'],
    ['(x = Math.random()) => x', 'Math.random()'],
    ['{ fetch }.fetch', 'fetch'],
  ])('%s', async (expression, what) => {
    const inside = expression.startsWith('{') ? `(${expression.replace('}.', '}).')}` : expression
    const found = await findings({ 'a.ts': notebookWith(inside) })
    expect(found.map((each) => each.what)).toEqual([what])
    const [first] = found
    expect(first).toMatchObject({ file: 'a.ts', line: 7 })
    expect(first?.column).toBeGreaterThanOrEqual(11)
  })

  it.each([
    ["import { readFileSync } from 'node:fs'", 'readFileSync(args.a)', 'node:fs'],
    ["import fs from 'fs/promises'", 'fs.readFile(args.a)', 'node:fs/promises'],
    ["import { setTimeout } from 'node:timers/promises'", 'setTimeout(1)', 'node:timers/promises'],
    ["import { randomUUID } from 'node:crypto'", 'randomUUID()', 'node:crypto'],
    ["import * as crypto from 'node:crypto'", 'crypto.randomBytes(1)', 'node:crypto'],
    ["import process from 'node:process'", 'process.env', 'node:process'],
  ])('%s', async (top, expression, what) => {
    expect(await findings({ 'a.ts': notebookWith(expression, top) })).toEqual([
      { what, file: 'a.ts', line: 2, column: 1 },
    ])
  })
})

describe('own code is tracked when it uses', () => {
  it.each([
    ['new Date(args.a)', ''],
    ["Date.parse('2020-01-01') + Date.UTC(2020)", ''],
    ['args.a instanceof Date', ''],
    ['Math.max(1, 2)', ''],
    ["process.stdout.write('x')", ''],
    ['args.process + args.fetch', ''],
    ['({ process: 1, fetch: 2 }).fetch', ''],
    ['((fetch) => fetch(1))(args.a)', ''],
    ['[1].map((x) => { const process = x; return process })', ''],
    ['(() => { return fetch(1); function fetch(x) { return x } })()', ''],
    ['[1].map(({ require, ...crypto }) => [require, crypto])', ''],
    ['(() => { try { return 1 } catch (fetch) { return fetch } })()', ''],
    ['process(args.a)', 'const process = (x: number) => x'],
    ["join('a', 'b')", "import { join } from 'node:path'"],
    ["createHash('sha256')", "import { createHash } from 'node:crypto'"],
    ["crypto.createHash('sha256')", "import * as crypto from 'node:crypto'"],
    ["new URL('https://example.org', import.meta.url)", ''],
    ['1', "import type { Stats } from 'node:fs'"],
    ['1', 'type Now = typeof Date.now'],
  ])('%s %s', async (expression, top) => {
    expect(await findings({ 'a.ts': notebookWith(expression, top) })).toEqual([])
  })
})

describe('findings', () => {
  it('have the place in the original text, types and comments and all', async () => {
    const text = `/* a
comment */
interface A { readonly now: typeof Date.now }
const é = '😀' as string; const at = Date.now() as number
const d = [new Date()]
export function late(this: A, x?: number): number { return x! + Date.now() + at }
`
    expect(await findings({ 'a.ts': text.replaceAll('\n', '\r\n') })).toEqual([
      { what: 'Date.now()', file: 'a.ts', line: 4, column: 38 },
      { what: 'new Date()', file: 'a.ts', line: 5, column: 12 },
      { what: 'Date.now()', file: 'a.ts', line: 6, column: 65 },
    ])
  })

  it('in parts that enter by value count for loading only', async () => {
    const project = new SmallProject({
      'a.ts': `import { notebook, source } from 'sluice'
import { homedir } from 'node:os'
const start = Date.now()
export const file = source.csv(process.env.FILE, {})
export default notebook({ args: make(start, homedir()), inputs: { file }, async run() { return 1 } })
`,
    })
    expect((await project.code('a.ts')).untracked).toEqual([])
    const loaded = (await project.load('a.ts')).untracked
    expect(loaded.map(({ what, line }) => `${what} ${line}`)).toEqual([
      'Date.now() 3',
      'process.env 4',
      'node:os 2',
    ])
  })

  it('are found in every file that can run, and not behind a contract', async () => {
    const found = await findings({
      'a.ts': `import { b } from './b.ts'\nimport { c } from './c.ts'\nexport const a = [b, c.name]\n`,
      'b.ts': 'export const b = Math.random()\n',
      'c.ts': `import { table } from 'sluice'\nexport const c = table('c', {})\nexport const other = fetch('x')\n`,
    })
    expect(found).toEqual([{ what: 'Math.random()', file: 'b.ts', line: 1, column: 18 }])
  })

  it('stay when the stat index answers', async () => {
    const project = new SmallProject({ 'a.ts': notebookWith('Date.now()') })
    expect((await project.code('a.ts')).untracked).toEqual((await project.code('a.ts')).untracked)
    expect((await project.code('a.ts')).untracked).toHaveLength(1)
  })
})
