import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from './rig.ts'
import { smallFlow } from './small-flow.ts'
let rig: Rig | undefined
afterEach(() => rig?.close())
const head = `import { notebook, table, t, sql, source } from 'sluice'\n`
const flowOf = (imports: string, steps: string, name = 'main') => `import { flow } from 'sluice'\n${imports}\nexport default flow('${name}')${steps}\n`
const waits = `import { until, writeFileSync, existsSync } from 'waits'\n`
const pkg = { 'node_modules/waits/package.json': '{"name":"waits","version":"1.0.0","type":"module","main":"i.js"}', 'node_modules/waits/i.js': `import { existsSync, writeFileSync } from 'node:fs'
export const until = async (file) => { while (!existsSync(file)) await new Promise((r) => setTimeout(r, 20)) }
export { existsSync, writeFileSync }` }
describe('probe3', () => {
  it('a ABA source', async () => {
    rig = await Rig.open({ ...pkg, 'data/in.csv': 'n\n1\n', 'notebooks/x.ts': `${head}${waits}
export const files = source.csv('data/in.csv', { columns: { n: t.integer() } })
export const out = table('a.x', { n: t.integer() })
export default notebook({ inputs: { files }, outputs: { out }, async run({ inputs, outputs }) {
  writeFileSync('begun', ''); await until('go1')
  for await (const { n } of inputs.files.rows()) await outputs.out.insert({ n })
  writeFileSync('read', ''); await until('go2') } })\n`, 'flows/main.ts': flowOf(`import x, { files } from '../notebooks/x.ts'`, '.source(files).step(x)') })
    const running = rig.run()
    await rig.until('begun')
    await rig.write({ 'data/in.csv': 'n\n2\n', go1: '' })
    await rig.until('read')
    await rig.write({ 'data/in.csv': 'n\n1\n', go2: '' })
    const r = await running
    expect(await rig.query('SELECT n FROM a.x'), r.out).toEqual([{ n: 1 }])
  })
  it.each(['run', 'select'])('b ABA code %s', async (kind) => {
    const y = kind === 'run' ? `async run({ inputs, outputs }) {
  for await (const { n } of inputs.x.rows()) await outputs.out.insert({ n: n * 0 + FACTOR })
  writeFileSync('read', ''); await until('go2') }` : `select: { out: ({ x }) => { writeFileSync('read', ''); while (!existsSync('go2')) {} ; return sql\`SELECT n * 0 + FACTOR AS n FROM \${x} AS i\` } }`
    rig = await Rig.open({ ...pkg, 'data/in.csv': 'n\n1\n', 'notebooks/x.ts': `${head}${waits}
export const files = source.csv('data/in.csv', { columns: { n: t.integer() } })
export const out = table('a.x', { n: t.integer() })
export default notebook({ inputs: { files }, outputs: { out }, async run({ inputs, outputs }) {
  await outputs.out.write(sql\`SELECT n FROM \${inputs.files} AS f\`)
  writeFileSync('begun', ''); await until('go1') } })\n`,
  'notebooks/y.ts': `${head}${waits}import { out as x } from './x.ts'
export const out = table('a.y', { n: t.integer() })
export default notebook({ inputs: { x }, outputs: { out }, ${y.replace('FACTOR', '1')} })\n`,
  go1: '', go2: '',
  'flows/main.ts': flowOf(`import x, { files } from '../notebooks/x.ts'\nimport y from '../notebooks/y.ts'`, '.source(files).step(x).step(y)') })
    const first = await rig.run()
    expect(first.code, first.out).toBe(0)
    await rm(rig.path('go1')); await rm(rig.path('go2')); await rm(rig.path('begun')); await rm(rig.path('read'))
    await rig.write({ 'data/in.csv': 'n\n7\n' })
    const v1 = await rig.read('notebooks/y.ts')
    const running = rig.run()
    await rig.until('begun')
    await rig.edit('notebooks/y.ts', '* 0 + 1', '* 0 + 2')
    await rig.write({ go1: '' })
    await rig.until('read')
    await rig.write({ 'notebooks/y.ts': v1, go2: '' })
    const r = await running
    expect(await rig.query('SELECT n FROM a.y'), r.out).toEqual([{ n: 1 }])
  })
  it('d select with stale upstream', async () => {
    rig = await Rig.open(smallFlow)
    await rig.run()
    await rig.edit('data/sales.csv', '10.50', '99.50')
    const r = await rig.run('--select', 'totals')
    expect(r.outcomes).toEqual({ totals: 'fresh' })
    await rig.edit('notebooks/silver/totals.ts', 'sum(amount)', 'max(amount)')
    expect((await rig.run('--select', 'totals')).outcomes).toEqual({ totals: 'ran' })
    const all = await rig.run()
    expect(all.outcomes).toEqual({ ingest: 'ran', totals: 'ran', report: 'ran' })
    expect(await rig.query("SELECT total FROM silver.totals WHERE region = 'NORTH'")).toEqual([{ total: '99.50' }])
  })
  it('m engine host killed', async () => {
    rig = await Rig.open({ ...pkg,
      'notebooks/q.ts': `${head}import { writeFileSync } from 'node:fs'\nexport const out = table('a.q', { n: t.integer() })
export default notebook({ outputs: { out }, select: { out: () => { writeFileSync('query', ''); return sql\`SELECT max(a.range * b.range % 1000)::INTEGER AS n FROM range(10000000) AS a, range(100000) AS b\` } } })\n`,
      'notebooks/w.ts': `${head}${waits}export const out = table('a.w', { n: t.integer() })
export default notebook({ outputs: { out }, async run({ outputs }) { await until('go'); await outputs.out.insert({ n: 1 }) } })\n`,
      'flows/main.ts': flowOf(`import q from '../notebooks/q.ts'\nimport w from '../notebooks/w.ts'`, '.step(q).step(w)') })
    const child = rig.start(['run', '--json', '--keep-going'])
    let out = ''
    child.stdout?.on('data', (c) => (out += c))
    await rig.until('query')
    await new Promise((r) => setTimeout(r, 800))
    const host = execFileSync('pgrep', ['-P', String(child.pid), '-f', 'engine-main']).toString().trim()
    process.kill(Number(host), 'SIGKILL')
    await rig.write({ go: '' })
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(1)
    expect(out).toContain('step/engine')
    expect(await rig.query('SELECT n FROM a.w'), out).toEqual([{ n: 1 }])
  })
  it('c optional source', async () => {
    rig = await Rig.open({ ...pkg, 'notebooks/x.ts': `${head}export const files = source.csv('data/*.csv', { columns: { n: t.integer() } })
export const out = table('a.x', { n: t.bigint() })
export default notebook({ inputs: { files: files.optional() }, outputs: { out }, select: { out: ({ files }) => sql\`SELECT count(*) AS n FROM \${files} AS f\` } })\n`, 'flows/main.ts': flowOf(`import x, { files } from '../notebooks/x.ts'`, '.source(files.optional()).step(x)') })
    const n = async () => (await rig!.query('SELECT n FROM a.x'))[0]!['n']
    const one = await rig.run(); expect(one.code, one.out).toBe(0)
    expect(await n()).toBe(0)
    expect((await rig.run()).outcomes).toEqual({ x: 'fresh' })
    await rig.write({ 'data/in.csv': 'n\n1\n' })
    expect((await rig.run()).outcomes).toEqual({ x: 'ran' })
    expect(await n()).toBe(1)
    await rm(rig.path('data/in.csv'))
    expect((await rig.run()).outcomes).toEqual({ x: 'reused' })
    expect(await n()).toBe(0)
  })
  it('y lake removed, no-output steps, env, shared by two flows', async () => {
    rig = await Rig.open({ ...pkg, 'notebooks/x.ts': `${head}import { z } from 'zod'\nimport { f } from '../shared/f.ts'\nexport const out = table('a.x', { n: t.varchar() })
export default notebook({ outputs: { out }, env: z.object({ WHO: z.string().default('nobody') }), select: { out: (_, __, { env }) => sql\`SELECT \${env.WHO + f()}::VARCHAR AS n\` } })\n`,
      'shared/f.ts': `export const f = () => '!'\n`,
      'notebooks/s.ts': `${head}import { out as x } from './x.ts'\nexport default notebook({ inputs: { x }, async run({ inputs }) { for await (const { n } of inputs.x.rows()) return n } })\n`,
      'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'\nimport s from '../notebooks/s.ts'`, '.step(x).step(s)'),
      'flows/two.ts': flowOf(`import x from '../notebooks/x.ts'\nimport s from '../notebooks/s.ts'`, '.step(x).step(s)', 'two') })
    const run = async (who: string | undefined, ...args: string[]) => {
      const r = await rig!.with({ WHO: who }, 'run', '--json', ...args)
      expect(r.code, r.out + r.err).toBe(0)
      return r.lines.filter((l) => l.outcome).map((l) => `${l.step} ${l.outcome} ${String(l['result'] ?? '')}`.trim())
    }
    expect(await run(undefined, 'main')).toEqual(['x ran', 's ran nobody!'])
    expect(await run(undefined, 'two')).toEqual(['x fresh', 's ran nobody!'])
    expect(await run('me', 'main')).toEqual(['x ran', 's ran me!'])
    expect(await run('me', 'main')).toEqual(['x fresh', 's fresh me!'])
    expect(await run('me', 'two')).toEqual(['x fresh', 's ran me!'])
    expect(await run(undefined, 'two')).toEqual(['x reused', 's ran nobody!'])
    await rig.edit('shared/f.ts', '!', '?')
    expect(await run(undefined, 'two')).toEqual(['x ran', 's ran nobody?'])
    expect(await run(undefined, 'main')).toEqual(['x fresh', 's ran nobody?'])
    await rm(rig.path('storage/lake'), { recursive: true })
    expect(await run(undefined, 'main')).toEqual(['x ran', 's ran nobody?'])
  })
})
