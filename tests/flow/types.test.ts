import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'
import { sentences } from '../../src/flow/sentences.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = fileURLToPath(new URL('types', import.meta.url))
const fixtures = readdirSync(folder).map((name) => join(folder, name))
const directive = /\/\/ @ts-expect-error (.*)$/

/** The project's own `tsc` demands that each marked line fails; here the marks are disarmed to see how. */
const disarmed = (text: string) => text.replaceAll('@ts-expect-error', '@disarmed-error')

function expectations() {
  return fixtures.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((text, at) => {
        const sentence = directive.exec(text)?.[1]
        return sentence === undefined ? [] : [{ file, line: at + 2, sentence }]
      }),
  )
}

function options(): ts.CompilerOptions {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name))
  return ts.parseJsonConfigFileContent({ ...config.config, include: [], files: fixtures }, ts.sys, root)
    .options
}

const expected = expectations()
let found: { file: string; line: number; message: string }[] = []

beforeAll(() => {
  const host = ts.createCompilerHost(options())
  const readFile = host.readFile.bind(host)
  const patched: ts.CompilerHost = {
    ...host,
    readFile: (file) => (dirname(file) === folder ? disarmed(readFile(file) ?? '') : readFile(file)),
    getSourceFile: (file, version) => {
      const text = patched.readFile(file)
      return text === undefined ? undefined : ts.createSourceFile(file, text, version)
    },
  }
  const program = ts.createProgram(fixtures, options(), patched)
  found = fixtures.flatMap((file) =>
    program.getSemanticDiagnostics(program.getSourceFile(file)).map((diagnostic) => ({
      file,
      line: (diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? -1) + 1,
      message: ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'),
    })),
  )
}, 120_000)

/** The sentences in a message of `tsc`, or the whole message when the chain has not made it. */
function said(message: string): string {
  const match = /FlowError<("[^]*?")>'/.exec(message)
  return match?.[1] === undefined ? message : match[1].slice(1, -1).replaceAll('" | "', ' | ')
}

describe('the types of the chain', () => {
  it.each(expected)('say: $sentence', ({ file, line, sentence }) => {
    const messages = found
      .filter((one) => one.file === file && one.line === line)
      .map(({ message }) => message)
    expect(messages).toHaveLength(1)
    const message = messages[0] ?? ''
    if (message.includes('FlowError')) expect(said(message)).toBe(sentence)
    else expect(message).toContain(sentence)
  })

  it('find no mistake where there is none', () => {
    const marked = new Set(expected.map(({ file, line }) => `${file}:${line}`))
    expect(found.filter(({ file, line }) => !marked.has(`${file}:${line}`))).toEqual([])
  })

  const column = { name: 'fare' }
  it.each([
    sentences.tableUnknown('report', 'silver.trips'),
    sentences.columnMissing('two', 'bronze.raw', 'nope'),
    sentences.columnType(
      'notNull',
      'bronze.raw',
      { ...column, type: 'DOUBLE', nullable: true },
      { ...column, type: 'DOUBLE', nullable: false },
    ),
    sentences.mayBeAbsent('clean', 'bronze.raw'),
    sentences.argMissing('clean', 'max'),
    sentences.argUnknown('clean', 'maxx'),
    sentences.argType('clean', 'max', 'string', 'number'),
    sentences.handleUnknown('clean', 'input', 'rwa'),
    sentences.handleUnknown('clean', 'output', 'trip'),
  ])('and of run time are the same: %s', (sentence) => {
    expect(expected.flatMap((one) => one.sentence.split(' | '))).toContain(sentence)
  })
})

describe('an editor', () => {
  const text = [
    `import { flow } from '../../../src/index.ts'`,
    `import { clean, raw } from './shared.ts'`,
    `flow('x').source(raw).step(clean, { args: { /*args*/ } })`,
    `flow('x').source(raw).step(clean, { args: { max: 1 }, inputs: { /*inputs*/ } })`,
    `flow('x').source(raw).step(clean, { args: { max: 1 }, /*options*/ })`,
  ].join('\n')
  const file = join(folder, 'completed.ts')
  const service = ts.createLanguageService({
    getCompilationSettings: options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const content = name === file ? text : ts.sys.readFile(name)
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content)
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: (name) => (name === file ? text : ts.sys.readFile(name)),
    readDirectory: (...given) => ts.sys.readDirectory(...given),
    directoryExists: (name) => ts.sys.directoryExists(name),
  })

  it.each([
    ['args', ['max']],
    ['inputs', ['raw']],
    ['options', ['inputs', 'memory', 'name', 'outputs', 'pool', 'retries', 'threads', 'timeout']],
  ])('completes %s', { timeout: 120_000 }, (mark, names) => {
    const at = text.indexOf(`/*${mark}*/`)
    const entries = service.getCompletionsAtPosition(file, at, undefined)?.entries ?? []
    const offered = entries.filter(({ kind }) => kind === ts.ScriptElementKind.memberVariableElement)
    expect(offered.map(({ name }) => name).toSorted()).toEqual(names)
  })
})
