import { afterEach, describe, expect, it } from 'vitest'
import { Rig, type Line } from '../run/rig.ts'

const heading = `import { setTimeout as wait } from 'node:timers/promises'
import { fatal, notebook, retryable, sql, t, table } from 'sluice'
`
const writes = 'await outputs.out.insert({ n: 1 })'

interface Case {
  /** The body of the notebook. */
  readonly body: string
  /** The code of its Problem; undefined for a step that ends well. */
  readonly code?: string
  /** What its message, or what it printed, holds. */
  readonly says?: string
  readonly printed?: string
}

/** Notebooks that end in all the ways there are, and some that end well beside them. */
const cases: Readonly<Record<string, Case>> = {
  exits: {
    body: `async run() { console.log('before the exit'); process.exit(3) }`,
    code: 'step/exited',
    says: 'exit code 3',
    printed: 'before the exit',
  },
  loops: {
    body: `timeout: '8s', async run() { console.log('looping'); for (;;); }`,
    code: 'step/timeout',
    says: 'longer than its time limit of 8 s',
    printed: 'looping',
  },
  crashes: {
    body: `async run() { console.log('going down'); process.kill(process.pid, 'SIGSEGV'); await wait(60_000) }`,
    code: 'step/exited',
    says: 'SIGSEGV, a crash in native code',
    printed: 'going down',
  },
  killed: {
    body: `async run() { process.kill(process.pid, 'SIGKILL'); await wait(60_000) }`,
    code: 'step/exited',
    says: 'SIGKILL',
  },
  later: {
    body: `async run() { setTimeout(() => { throw new Error('too late') }, 20); await wait(60_000) }`,
    code: 'step/threw',
    says: 'not awaited by anybody: too late',
  },
  rejects: {
    body: `async run({ outputs }) { void Promise.reject(new Error('nobody waits')); ${writes} }`,
    code: 'step/threw',
    says: 'nobody waits',
  },
  eats: {
    body: `memory: '150MB', async run() {
      const all = []
      for (;;) { all.push(Buffer.alloc(10_000_000, 1)); await wait(5) }
    }`,
    code: 'step/memory',
    says: 'over its memory limit of 150 MB',
  },
  heap: {
    body: `async run() { const all = []; for (;;) all.push(Array.from({ length: 10_000 }, (_, i) => ({ i }))) }`,
    code: 'step/memory',
    says: 'the heap of JavaScript was full',
  },
  query: {
    body: `memory: '64MB', threads: 1, select: { out: () => sql\`
      SELECT len(list(hash(range)))::INTEGER AS n FROM range(50000000)\` }`,
    code: 'step/memory',
  },
  after: {
    // It has returned when its timer would throw: the next step in a warm process must not meet it.
    body: `async run({ outputs }) { setTimeout(() => { throw new Error('after') }, 5000); ${writes} }`,
  },
  codes: { body: `async run({ outputs }) { ${writes} }` },
  selects: { body: 'select: { out: () => sql`SELECT 1 AS n` }' },
}

let rig: Rig | undefined
afterEach(() => rig?.close())

async function projectOf(notebooks: Readonly<Record<string, Case>>, yaml = ''): Promise<Rig> {
  const names = Object.keys(notebooks)
  const files = Object.entries(notebooks).map(([name, { body }]) => [
    `notebooks/${name}.ts`,
    `${heading}export const out = table('a.${name}', { n: t.integer() })
export default notebook({ outputs: { out }, expires: '1h', ${body} })
`,
  ])
  const imports = names.map((name) => `import ${name} from '../notebooks/${name}.ts'`).join('\n')
  return (rig = await Rig.open({
    ...(Object.fromEntries(files) as Record<string, string>),
    'flows/main.ts': `import { flow } from 'sluice'
${imports}
export default flow('main')${names.map((name) => `.step(${name})`).join('')}
`,
    'sluice.yaml': yaml,
  }))
}

/** What became of steps that should not have: told by the lines of a run. */
function violations(lines: readonly Line[], expected: Readonly<Record<string, Case>>): string[] {
  return Object.entries(expected).flatMap(([name, { code, says = '', printed = '' }]) => {
    const end = lines.find((line) => line.event === 'step-finished' && line.step === name)
    const problem = end?.problems?.[0]
    if (code === undefined) return end?.outcome === 'ran' ? [] : [`${name}: ${end?.outcome}`]
    const text = lines
      .flatMap((line) => (line.event === 'step-printed' && line.step === name ? [String(line['text'])] : []))
      .join('')
    if (problem?.code !== code) return [`${name}: ${problem?.code ?? end?.outcome}: ${problem?.message}`]
    if (!problem.message.includes(says)) return [`${name}: ${problem.message}`]
    return text.includes(printed) ? [] : [`${name} printed: ${text}`]
  })
}

describe.skipIf(process.platform !== 'linux')('a step that goes wrong', () => {
  it('fails alone, with its reason, its signal and what it printed', async () => {
    const at = await projectOf(cases, 'concurrency: 2\nkeepGoing: true\n')
    const ended = await at.with({ NODE_OPTIONS: '--max-old-space-size=300' }, 'run', '--json')
    expect(violations(ended.lines, cases), ended.err).toEqual([])
    expect(ended.code).toBe(1)
    expect((await at.files('storage/lake')).filter((file) => file.includes('staging'))).toEqual([])
  })

  it('is told apart from one that goes well by the same test', async () => {
    const at = await projectOf({ exits: { body: `async run({ outputs }) { ${writes} }` } })
    const ended = await at.sluice('run', '--json')
    expect(violations(ended.lines, { exits: cases['exits'] as Case })).toEqual(['exits: ran: undefined'])
    expect(violations([], { codes: cases['codes'] as Case })).toEqual(['codes: undefined'])
  })
})

describe('a step that is tried again', () => {
  it('tells each try that failed, in JSON, text and JUnit, and keeps what it printed', async () => {
    const at = await projectOf({
      busy: {
        body: `retries: { times: 3, delay: '10ms' }, async run({ outputs }) {
          const { existsSync, writeFileSync } = await import('node:fs')
          const seen = ['a', 'b', 'c'].find((name) => !existsSync(name))
          console.log('try ' + seen)
          writeFileSync(seen, '')
          if (seen !== 'c') throw new Error('busy ' + seen)
          ${writes}
        }`,
      },
      never: { body: `retries: 5, async run() { throw fatal('no use') }` },
      said: {
        body: `retries: { times: 1, delay: '10ms', on: ['timeout'] }, async run() { throw retryable('say') }`,
      },
    })
    const ended = await at.run('--keep-going', '--report', 'junit=out.xml')
    expect(ended.outcomes).toEqual({ busy: 'ran', never: 'failed', said: 'failed' })
    const retried = ended.lines.filter(({ event }) => event === 'step-retried')
    expect(
      retried.map(({ step, attempt, of }) => `${step} ${String(attempt)}/${String(of)}`).toSorted(),
    ).toEqual(['busy 1/4', 'busy 2/4', 'said 1/2'])
    const printed = ended.lines.flatMap((line) => (line.event === 'step-printed' ? [line['text']] : []))
    expect(printed.join('')).toBe('try a\ntry b\ntry c\n')
    const xml = await at.read('out.xml')
    expect(xml.match(/<flakyFailure message="[^"]*busy [ab]"/g)).toHaveLength(2)
    expect(xml.match(/<rerunFailure message="[^"]*say"/g)).toHaveLength(1)
    const { out } = await at.sluice('runs', String(ended.lines[0]?.['run']))
    expect(out).toMatch(/^retry +busy +try 1 of 4 failed, the next in \d+ms: busy a$/m)
  })
})

describe('pools and limits of sluice.yaml', () => {
  /** A step that says in the file `turns` when it is in and out, and stays in until another one is in. */
  const waits = (name: string, other: string) => `async run({ outputs }) {
      const { appendFileSync, readFileSync } = await import('node:fs')
      appendFileSync('turns', '+${name} ')
      while (!readFileSync('turns', 'utf8').includes('+${other} ')) await wait(10)
      ${writes}
      appendFileSync('turns', '-${name} ')
    }`

  /** How many of p1 and p2 were in at the same time, at most. */
  async function mostTogether(at: Rig): Promise<number> {
    let now = 0
    let most = 0
    for (const turn of (await at.read('turns')).split(' ')) {
      if (turn.startsWith('+p')) most = Math.max(most, ++now)
      if (turn.startsWith('-p')) now--
    }
    return most
  }

  it('limit what runs together, and a step that waits for a pool holds no place', async () => {
    const at = await projectOf(
      {
        p1: { body: `pool: 'warehouse', ${waits('p1', 'free')}` },
        p2: { body: `pool: ['warehouse'], ${waits('p2', 'free')}` },
        free: { body: waits('free', 'free') },
      },
      'concurrency: 2\npools: { warehouse: 1 }\n',
    )
    // With two places, one of which p2 would hold while it waits, `free` could never begin.
    const ended = await at.run()
    expect(ended.outcomes, ended.out).toEqual({ p1: 'ran', p2: 'ran', free: 'ran' })
    expect(await mostTogether(at)).toBe(1)
  })

  it('without the pool more run together: the same count finds it', async () => {
    const at = await projectOf(
      { p1: { body: waits('p1', 'p2') }, p2: { body: waits('p2', 'p1') } },
      'concurrency: 2\npools: { warehouse: 1 }\n',
    )
    const ended = await at.run()
    expect(ended.outcomes, ended.out).toEqual({ p1: 'ran', p2: 'ran' })
    expect(await mostTogether(at)).toBe(2)
  })

  it('a pool that there is not is told with what was meant, by run, plan and check', async () => {
    const at = await projectOf(
      { x: { body: `pool: 'warehose', async run({ outputs }) { ${writes} }` } },
      'pools: { warehouse: 1 }\n',
    )
    for (const command of ['run', 'plan', 'check']) {
      const { code, out, err } = await at.sluice(command)
      expect(code).toBe(2)
      expect(out + err).toContain("there is no pool 'warehose' in sluice.yaml [flow/pool-unknown]")
      expect(out + err).toContain("did you mean 'warehouse'?")
    }
  })

  it('defaults hold where a step says nothing, and make nothing stale', async () => {
    const at = await projectOf({ x: { body: `async run({ outputs }) { ${writes} }` } })
    expect((await at.run()).outcomes).toEqual({ x: 'ran' })
    await at.write({ 'sluice.yaml': 'defaults: { timeout: 300ms, retries: { times: 1, delay: 10ms } }\n' })
    expect((await at.run()).outcomes).toEqual({ x: 'fresh' })
    await at.edit('notebooks/x.ts', 'run({ outputs }) {', 'run({ outputs }) { await wait(60_000);')
    const late = await at.run()
    expect(late.lines.filter(({ event }) => event === 'step-retried')).toHaveLength(1)
    expect(late.lines.find(({ event }) => event === 'step-finished')?.problems?.[0]?.code).toBe(
      'step/timeout',
    )
  })
})

it('blocked steps name the step that failed first, however far upstream', async () => {
  const body = (inputs: string) => `inputs: { ${inputs} }, async run({ outputs }) { ${writes} }`
  const at = await projectOf({
    first: { body: `async run() { throw new Error('no') }` },
    second: { body: body('first') },
    third: { body: body('second') },
    other: { body: `async run({ outputs }) { ${writes} }` },
  })
  for (const [name, above] of [
    ['second', 'first'],
    ['third', 'second'],
  ])
    await at.edit(
      `notebooks/${name}.ts`,
      'export const',
      `import { out as ${above} } from './${above}.ts'\nexport const`,
    )
  const ended = await at.run('--keep-going')
  expect(ended.outcomes).toEqual({ first: 'failed', second: 'blocked', third: 'blocked', other: 'ran' })
  const ends = ended.lines.filter(({ outcome }) => outcome === 'blocked')
  expect(ends.map(({ blockedBy }) => blockedBy)).toEqual([['first'], ['first']])
})
