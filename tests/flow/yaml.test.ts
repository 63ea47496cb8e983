import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { placeText, ProblemError, problemsOf, type Problem } from '../../src/base/problem.ts'
import { describeFlow } from '../../src/flow/describe.ts'
import { resolveFlow } from '../../src/flow/resolve.ts'
import { parseYamlFlow, type ParsedFlow } from '../../src/flow/yaml.ts'
import { yamlToFlow } from '../../src/flow/yaml-to-flow.ts'
import { source, t } from '../../src/index.ts'
import { clean, lines, loose, raw, reader } from './kit.ts'

const told = (problems: readonly Problem[]) =>
  problems.map(({ code, message, where }) => `${where ? placeText(where) : '-'} ${code} ${message}`)

describe('a flow in YAML', () => {
  it('is parsed with the place of each link', () => {
    const text = [
      'flow: taxi',
      'publish: run',
      'sources: [notebooks/sources.ts#files]',
      'steps:',
      '  - notebook: silver/clean',
      '    args: { max: 300 }',
      '    outputs: { trips: { name: silver.t2, path: silver/t2 } }',
      '  - flow: northwind',
    ]
    const { flow, problems } = parseYamlFlow(text.join('\n'), 'flows/taxi.yaml')
    expect(problems).toEqual([])
    expect(flow).toMatchObject({ name: 'taxi', publish: 'run', where: { line: 1 } })
    expect(flow?.links.map(({ kind, where }) => [kind, where.line, where.column])).toEqual([
      ['source', 3, 11],
      ['notebook', 5, 5],
      ['flow', 8, 5],
    ])
  })

  it.each([
    ['flow: [x', [/^f:1:\d+ flow\/syntax f is not valid YAML/]],
    ['flow: x\nflow: y\nsteps: [{ flow: a }]', [/^f:2:1 flow\/syntax .*unique/]],
    ['flow: x', [/^f:1:1 flow\/invalid 'steps': is missing$/]],
    ['flow: x\nsteps: []', [/^f:2:1 flow\/invalid 'steps': expected at least one step$/]],
    ['flow: 3\nsteps: 4', [/^f:1:1 .*'flow': expected string/, /^f:2:1 .*'steps': expected array/]],
    ['flow: x\nstep: 1\nsteps: [{ flow: a }]', [/^f:2:1 flow\/invalid there is no key 'step' here$/]],
    ['flow: x\npublish: now\nsteps: [{ flow: a }]', [/^f:2:1 .*'publish': expected one of "step"\|"run"/]],
    [
      'flow: x\nsteps:\n  - notebook: a\n    arg: {}\n  - notebook: 5\n  - 7',
      [
        /^f:4:5 .*no key 'arg'/,
        /^f:5:5 .*'steps\[1\].notebook': expected string/,
        /^f:6:5 .*'steps\[2\]': expected object/,
      ],
    ],
    ['flow: x\nsteps:\n  - name: a', [/^f:3:5 .*'steps\[0\].notebook': is missing/]],
    ['flow: x\nsteps:\n  - notebook: a\n    outputs: { t: { nam: b } }', [/^f:4:\d+ .*outputs/]],
    ['flow: x\nsources: [7]\nsteps: [{ flow: a }]', [/^f:2:11 .*'sources\[0\]': expected string/]],
    [
      'flow: x\nsteps:\n  - notebook: a\n    args: { __proto__: { b: 1 } }',
      [/^f:4:13 flow\/syntax .*'__proto__' is not allowed/],
    ],
    ['- a', [/^f:1:1 flow\/invalid the flow: expected object/]],
    ['', [/^f:1:1 flow\/invalid the flow: expected object/]],
  ])('%j is told with line and column', (text, patterns) => {
    const { flow, problems } = parseYamlFlow(text, 'f')
    expect(flow).toBeUndefined()
    expect(problems).toHaveLength(patterns.length)
    told(problems).forEach((line, at) => expect(line).toMatch(patterns[at] ?? /never/))
  })

  it('is called as its file when it says no name', () => {
    const { flow } = parseYamlFlow('steps: [{ flow: a }]', 'flows/taxi_2019.yaml')
    expect(flow).toMatchObject({ name: 'taxi_2019', where: { file: 'flows/taxi_2019.yaml', line: 1 } })
  })

  it('says what a wrong key may have meant', () => {
    const { problems } = parseYamlFlow('flow: x\nsteps:\n  - notebook: a\n    arg: {}', 'f')
    expect(problems[0]?.hint).toBe(`did you mean 'args'?`)
  })

  it('takes anchors, but no bomb of them', () => {
    const good =
      'flow: x\nsteps:\n  - notebook: a\n    args: &args { max: 1 }\n  - notebook: b\n    args: *args'
    expect(parseYamlFlow(good, 'f').problems).toEqual([])
    const layers = 'abcdefghi'.split('').map((name, at, all) => {
      const before = all[at - 1]
      return `${name}: &${name} [${Array.from({ length: 20 }, () => (before ? `*${before}` : '1')).join(', ')}]`
    })
    const { problems } = parseYamlFlow(['flow: x', ...layers].join('\n'), 'f')
    expect(told(problems)).toEqual([expect.stringMatching(/^f:\d+:\d+ flow\/syntax .*more than 100 aliases/)])
  })
})

describe('the modules that a flow in YAML names', () => {
  let root = ''
  const files = source.csv('raw/*.csv', { columns: { id: t.bigint() } })
  const modules: Record<string, Record<string, unknown>> = {
    'notebooks/silver/clean.ts': { default: clean },
    'notebooks/bronze/write.ts': { default: reader('write', [], ['bronze.raw']) },
    'notebooks/tables.ts': { raw, files },
    'flows/inner.ts': { default: loose('inner', reader('bronze__write', [], ['bronze.raw'])) },
    'flows/empty.ts': {},
  }
  const yaml: Record<string, string> = {
    'flows/ring.yaml': 'flow: ring\nsteps: [{ flow: back }]',
    'flows/back.yaml': 'flow: back\nsteps: [{ flow: ring }]',
  }

  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), 'sluice-yaml-'))
    for (const file of [...Object.keys(modules), ...Object.keys(yaml)]) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
      writeFileSync(path.join(root, file), yaml[file] ?? '')
    }
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  const readYaml = async (file: string) => parsed(await readFile(path.join(root, file), 'utf8'), file)
  const load = async (file: string) => modules[file] ?? {}
  const build = (...text: string[]) =>
    yamlToFlow(parsed(text.join('\n'), 'flows/x.yaml'), { root, load, readYaml })
  const problemsIn = async (...text: string[]) =>
    build(...text).then(
      () => [],
      (error: unknown) => problemsOf(error) ?? [],
    )
  const fileOf = (one: object) =>
    Object.keys(modules).find((file) => modules[file]?.['default'] === one) ?? 'notebooks/write.ts'

  function parsed(text: string, file: string): ParsedFlow {
    const { flow, problems } = parseYamlFlow(text, file)
    if (flow === undefined) throw new ProblemError(problems)
    return flow
  }

  it('make the links of a chain, with the places of the YAML', async () => {
    const flow = await build(
      'flow: x',
      'description: All of it',
      'sources: [notebooks/tables.ts#files, tables#raw]',
      'steps:',
      '  - notebook: silver/clean',
      '    args: { max: 3 }',
    )
    const { flow: made, problems } = describeFlow(flow, {
      projectRoot: root,
      fileOf,
      overrides: {},
      processEnv: {},
    })
    expect(lines(problems)).toEqual([])
    expect(made).toMatchObject({
      file: 'flows/x.yaml',
      description: 'All of it',
      sources: [{ name: 'raw/*.csv' }],
      external: [{ name: 'bronze.raw' }],
      steps: [{ name: 'clean', args: { max: 3 }, where: { file: 'flows/x.yaml', line: 5, column: 5 } }],
    })
  })

  it('are compared where types cannot reach', async () => {
    const flow = await build(
      'flow: x',
      'steps:',
      '  - notebook: silver/clean',
      '    inputs: { raw: bronze.other }',
    )
    const { problems } = describeFlow(flow, { projectRoot: root, fileOf, overrides: {}, processEnv: {} })
    expect(problems).toEqual([])
    const made = describeFlow(flow, { projectRoot: root, fileOf, overrides: {}, processEnv: {} }).flow
    expect(made && told(resolveFlow(made).problems)).toEqual([
      `flows/x.yaml:3:5 flow/table-unknown step 'clean': input table 'bronze.other' is not produced by an earlier step nor declared as a source`,
    ])
  })

  it('know the tables that another flow writes, by name', async () => {
    const flow = await build('sources: [bronze.raw]', 'steps:', '  - notebook: silver/clean')
    const { flow: made } = describeFlow(flow, { projectRoot: root, fileOf, overrides: {}, processEnv: {} })
    expect(made?.external).toMatchObject([
      { name: 'bronze.raw', key: ['id'], columns: [{ name: 'id' }, { name: 'fare' }] },
    ])
    expect(made && resolveFlow(made).problems).toEqual([])
    const problems = await problemsIn('sources: [bronze.rwa]', 'steps:', '  - notebook: silver/clean')
    expect(told(problems)).toEqual([
      `flows/x.yaml:1:11 flow/table-unknown no step of the flow reads the table 'bronze.rwa'`,
    ])
    expect(problems[0]?.hint).toBe(`did you mean 'bronze.raw'?`)
  })

  it('may be flows, in TypeScript and in YAML', async () => {
    const flow = await build(
      'flow: x',
      'steps:',
      '  - flow: inner',
      '    name: part',
      '  - notebook: silver/clean',
    )
    const { flow: made } = describeFlow(flow, { projectRoot: root, fileOf, overrides: {}, processEnv: {} })
    expect(made?.steps.map(({ name }) => name)).toEqual(['part/bronze__write', 'clean'])
  })

  it.each([
    [['  - notebook: silver/claen'], [`5 notebook/not-found there is no notebook 'silver/claen'`]],
    [['  - notebook: ../../etc/passwd'], [`5 notebook/not-found there is no notebook '../../etc/passwd'`]],
    [
      ['  - notebook: tables'],
      [`5 notebook/no-export notebooks/tables.ts has no notebook as its default export`],
    ],
    [['  - flow: iner'], [`5 project/unknown there is no flow 'iner'`]],
    [['  - flow: empty'], [`5 flow/invalid flows/empty.ts has no flow as its default export`]],
    [
      ['  - flow: ring'],
      [
        `flow/cycle flows contain each other in a circle: flows/x.yaml -> flows/ring.yaml -> flows/back.yaml -> flows/ring.yaml`,
      ],
    ],
    [
      ['  - notebook: silver/clean', '    inputs: { raw: tables#rwa }', '  - notebook: silver/claen'],
      [`flow/invalid notebooks/tables.ts exports no table or source 'rwa'`, `notebook/not-found`],
    ],
    [
      ['  - notebook: silver/clean', '    inputs: { raw: tables#constructor }'],
      [`exports no table or source 'constructor'`],
    ],
  ])('%j are told when they are not there', async (steps, messages) => {
    const problems = told(await problemsIn('flow: x', '# a', '# b', 'steps:', ...steps))
    expect(problems).toHaveLength(messages.length)
    messages.forEach((message, at) => {
      expect(problems[at]).toContain(message.replace(/^5 /, ''))
      if (message.startsWith('5 ')) expect(problems[at]).toMatch(/^flows\/x.yaml:5:\d+ /)
    })
  })

  it('are suggested when they are near', async () => {
    const problems = await problemsIn('flow: x', 'steps:', '  - notebook: silver/claen', '  - flow: iner')
    expect(problems.map(({ hint }) => hint)).toEqual([
      `did you mean 'silver/clean'?`,
      `did you mean 'inner'?`,
    ])
  })
})
