import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it, test } from 'vitest'
import { PlainGraph } from '../../src/notebook/plain-graph.ts'
import { removeProjects, SmallProject } from './small-project.ts'

afterEach(removeProjects)

const usual = {
  'package.json': '{ "type": "module" }',
  'tsconfig.json': '{ "compilerOptions": { "target": "ES2022", "strict": true } }',
  'node_modules/letters/package.json': '{ "name": "letters", "type": "module", "exports": "./index.js" }',
  'node_modules/letters/index.js': 'export const upper = (text) => text.toUpperCase()',
  'data/words.txt': 'words',
  'shared/words.ts': `
import { readFileSync } from 'node:fs'
export interface Word { readonly text: string }
export enum Kind { Short, Long }
export const place: string = import.meta.url
export const folder = import.meta.dirname
export const text = readFileSync(new URL('../data/words.txt', import.meta.url), 'utf8')
export const count = { loads: 0 }
count.loads++
`,
  'notebooks/a.ts': `import { upper } from 'letters'
import { count, Kind, place, text, type Word } from '../shared/words.ts'
import './b.ts'
export { folder } from '../shared/words.ts'
export * from './b.ts'

type Shout = (word: Word) => string
class Loud<T extends Word> {
  constructor(private readonly word: T) {}
  shout(): string { return upper(this.word!.text satisfies string) }
}
export const shout: Shout = (word) => new Loud(word).shout()
export const facts = { place, text, kind: Kind.Long, loads: count.loads }
interface Never {
  a: 1
}
export function fail(
  at: number,
): never { const x = 1; throw new Error(\`at \${at + x}\`) }
`,
  'notebooks/b.ts': `import { count } from '../shared/words.ts'
export const seen = (): number => count.loads
`,
}

/** What a process finds in a module that Node loads by itself. */
function inNode(file: string, look: string): unknown {
  const script = `const m = await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(JSON.stringify(${look}))`
  const args = ['--enable-source-maps', '--input-type=module', '--eval', script]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

test('modules are what they are, each once, whatever their copies are called', () => {
  const project = new SmallProject(usual)
  const entry = new PlainGraph(project.root).entry(project.path('notebooks/a.ts'))
  const found = inNode(
    entry?.file ?? '',
    '{ ...m.facts, folder: m.folder, seen: m.seen(), loud: m.shout({ text: "a" }) }',
  )
  expect(found).toEqual({
    place: pathToFileURL(project.path('shared/words.ts')).href,
    text: 'words',
    kind: 1,
    loads: 1,
    folder: project.path('shared'),
    seen: 1,
    loud: 'A',
  })
  expect([...(entry?.read.keys() ?? [])].toSorted()).toEqual(
    ['notebooks/a.ts', 'notebooks/b.ts', 'shared/words.ts'].map((file) => project.path(file)),
  )
})

test('stacks name the lines and columns that the user wrote', () => {
  const project = new SmallProject(usual)
  const entry = new PlainGraph(project.root).entry(project.path('notebooks/a.ts'))
  const look = '(() => { try { m.fail(1) } catch (error) { return error.stack.split("\\n")[1] } })()'
  const line = usual['notebooks/a.ts'].split('\n').findIndex((text) => text.includes('throw new Error')) + 1
  const column = (usual['notebooks/a.ts'].split('\n')[line - 1] ?? '').indexOf('new Error') + 1
  expect(inNode(entry?.file ?? '', look)).toContain(`notebooks/a.ts:${line}:${column}`)
})

test('an edit gives another name to the module and to all that import it, and to nothing else', () => {
  const project = new SmallProject(usual)
  const names = (): (string | undefined)[] => {
    const graph = new PlainGraph(project.root)
    return ['notebooks/a.ts', 'notebooks/b.ts', 'shared/words.ts'].map(
      (file) => graph.entry(project.path(file))?.file,
    )
  }
  const before = names()
  expect(names()).toEqual(before)
  project.edit('notebooks/b.ts', 'count.loads', 'count.loads + 1')
  const after = names()
  expect(after.map((name, at) => name === before[at])).toEqual([false, false, true])
})

test('what a process has read stays as it was read', () => {
  const project = new SmallProject(usual)
  const graph = new PlainGraph(project.root)
  const before = graph.entry(project.path('notebooks/b.ts'))?.file
  project.edit('notebooks/b.ts', 'count.loads', 'count.loads + 1')
  expect(graph.entry(project.path('notebooks/b.ts'))?.file).toBe(before)
})

test('a chain of imports may be as long as a flow', () => {
  const files: Record<string, string> = { ...usual }
  for (let n = 0; n < 3000; n++)
    files[`chain/m${n}.ts`] =
      n === 2999 ? 'export const end: number = 1\n' : `export { end } from './m${n + 1}.ts'\n`
  const project = new SmallProject(files)
  expect(existsSync(new PlainGraph(project.root).entry(project.path('chain/m0.ts'))?.file ?? '')).toBe(true)
})

test('a byte order mark is no code', () => {
  const project = new SmallProject({ ...usual, 'notebooks/b.ts': '\uFEFFexport const one: number = 1\n' })
  const entry = new PlainGraph(project.root).entry(project.path('notebooks/b.ts'))
  expect(readFileSync(entry?.file ?? '', 'utf8')).toMatch(/^export const one = 1/)
})

describe('tsx is left to load', () => {
  const b = 'notebooks/b.ts'
  const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'import()': { [b]: "export const later = () => import('./c.ts')", 'notebooks/c.ts': 'export {}' },
    'import() of a package': { [b]: "export const later = () => import('letters')" },
    JSON: {
      [b]: "import words from './words.json' with { type: 'json' }\nexport { words }",
      'notebooks/words.json': '{}',
    },
    require: { [b]: "export const words = require('./words')" },
    'an ending that is not there': { [b]: "export * from './c'", 'notebooks/c.ts': 'export {}' },
    '.js for .ts': { [b]: "export * from './c.js'", 'notebooks/c.ts': 'export {}' },
    'a circle': { [b]: "import './a.ts'" },
    '# imports': { [b]: "import '#words'" },
    'a package that is not there': { [b]: "import 'numbers'" },
    'what does not parse': { [b]: 'export const = 1' },
    'import.meta itself': { [b]: 'export const meta = import.meta' },
    'import.meta.resolve': { [b]: "export const at = import.meta.resolve('letters')" },
    JSX: { 'tsconfig.json': '{ "compilerOptions": { "target": "ES2022", "jsx": "react" } }' },
    paths: { 'tsconfig.json': '{ "compilerOptions": { "target": "ES2022", "paths": { "@/*": ["./*"] } } }' },
    'an older target': { 'tsconfig.json': '{ "compilerOptions": { "target": "ES2020" } }' },
    'no target': { 'tsconfig.json': '{}' },
    'a base with decorators': {
      'tsconfig.json': '{ "extends": "./base.json", "compilerOptions": { "target": "ES2022" } }',
      'base.json': '{ "compilerOptions": { "experimentalDecorators": true } }',
    },
    'a base that is not there': {
      'tsconfig.json': '{ "extends": "nobody/base.json", "compilerOptions": { "target": "ES2022" } }',
    },
    CommonJS: { 'package.json': '{}' },
    'a folder that is a package': { 'notebooks/package.json': '{}' },
    'packages of a folder': { 'shared/node_modules/x/index.js': '' },
    'a module outside': { [b]: "export * from '../../outside.ts'" },
  }
  it.for(Object.entries(cases))('%s', ([, files]) => {
    const project = new SmallProject({ ...usual, ...files })
    expect(new PlainGraph(project.root).entry(project.path('notebooks/a.ts'))).toBeUndefined()
  })
})

test('the base of a configuration is read, also from a package', () => {
  const project = new SmallProject({
    ...usual,
    'tsconfig.json': '{ "extends": "letters/base.json", "compilerOptions": { "strict": true } }',
    'node_modules/letters/package.json':
      '{ "name": "letters", "type": "module", "exports": { ".": "./index.js", "./base.json": "./base.json" } }',
    'node_modules/letters/base.json': '{ "compilerOptions": { "target": "ESNext" } }',
  })
  expect(new PlainGraph(project.root).entry(project.path('notebooks/a.ts'))).toBeDefined()
})
