import { spawn } from 'node:child_process'
import { mkdir, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig, type Ended } from './rig.ts'
import { smallFlow } from './small-flow.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())
const head = `import { notebook, table, t, sql, source } from 'sluice'\n`
const flowOf = (imports: string, steps: string, name = 'main') => `import { flow } from 'sluice'\n${imports}\nexport default flow('${name}')${steps}\n`

describe('probe', () => {
  it('1 two volatile steps at once', async () => {
    const one = (n: string) => `${head}export const out = table('a.${n}', { n: t.double() })
export default notebook({ outputs: { out }, volatile: true, select: { out: () => sql\`SELECT random() AS n\` } })\n`
    rig = await Rig.open({ 'notebooks/x.ts': one('x'), 'notebooks/y.ts': one('y'), 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'\nimport y from '../notebooks/y.ts'`, '.step(x).step(y)') })
    const seqs = async () => (JSON.parse((await rig!.sluice('tables', '--json')).out) as { seq: number }[]).map(({ seq }) => seq)
    for (let i = 0; i < 3; i++) { const r = await rig.run(); expect(r.code, r.out).toBe(0) }
    expect(await seqs()).toEqual([3, 3])
  })

  it('2 swapped outputs', async () => {
    const text = (a: string, b: string) => `${head}export const one = table('a.one', { n: t.integer() })
export const two = table('a.two', { n: t.integer() })
export default notebook({ outputs: { a: ${a}, b: ${b} }, select: { a: () => sql\`SELECT 1 AS n\`, b: () => sql\`SELECT 2 AS n\` } })\n`
    rig = await Rig.open({ 'notebooks/x.ts': text('one', 'two'), 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'`, '.step(x)') })
    await rig.run()
    await rig.write({ 'notebooks/x.ts': text('two', 'one') })
    const r = await rig.run()
    expect(await rig.query('SELECT n FROM a.one'), r.out).toEqual([{ n: 2 }])
  })

  it('2b swapped outputs in flow', async () => {
    const text = `${head}export const one = table('a.one', { n: t.integer() })
export const two = table('a.two', { n: t.integer() })
export default notebook({ outputs: { a: one, b: two }, select: { a: () => sql\`SELECT 1 AS n\`, b: () => sql\`SELECT 2 AS n\` } })\n`
    rig = await Rig.open({ 'notebooks/x.ts': text, 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'`, '.step(x)') })
    await rig.run()
    await rig.write({ 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'`, `.step(x, { outputs: { a: 'a.two', b: 'a.one' } })`) })
    const r = await rig.run()
    expect(await rig.query('SELECT n FROM a.one'), r.out).toEqual([{ n: 2 }])
  })

  it('3 owner', async () => {
    const text = `${head}import { z } from 'zod'\nexport const out = table('a.one', { n: t.integer() })
export default notebook({ outputs: { out }, args: z.object({ k: z.number().default(1) }), select: { out: (_, { k }) => sql\`SELECT \${k}::INTEGER AS n\` } })\n`
    rig = await Rig.open({ 'notebooks/x.ts': text, 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'`, '.step(x)'), 'flows/other.ts': flowOf(`import x from '../notebooks/x.ts'`, '.step(x)', 'other') })
    expect((await rig.run()).code).toBe(0)
    await rig.edit('flows/other.ts', '.step(x)', '.step(x, { args: { k: 2 } })')
    expect((await rig.run('other')).code).toBe(2)
    const again = await rig.run('other')
    expect(again.code, again.out).toBe(2)
    const all = await rig.run()
    expect(all.code, all.out).toBe(2)
  })

  it('4 manifest gone', async () => {
    rig = await Rig.open(smallFlow)
    await rig.run()
    const file = (await rig.sluice('path', 'silver.totals')).out.trim().split('\n')[0]!
    await rm(path.join(path.dirname(file), 'manifest.json'))
    const r = await rig.run()
    const q = await rig.sluice('query', 'SELECT count(*) AS n FROM silver.totals')
    expect(q.code, r.out + q.out + q.err).toBe(0)
  })
  it('4b manifest damaged, caches gone', async () => {
    rig = await Rig.open(smallFlow)
    await rig.run()
    const file = (await rig.sluice('path', 'silver.totals')).out.trim().split('\n')[0]!
    await writeFile(path.join(path.dirname(file), 'manifest.json'), '{}')
    await rm(rig.path('.sluice'), { recursive: true })
    const r = await rig.run()
    expect(r.code, r.out).toBe(0)
    const q = await rig.sluice('query', 'SELECT count(*) AS n FROM silver.totals')
    expect(q.code, r.out + q.out + q.err).toBe(0)
  })

  it('5 package link that leads elsewhere', async () => {
    const pkg = (v: string, x: number) => ({ [`store/p${v}/node_modules/pkg/package.json`]: `{"name":"pkg","version":"${v}","type":"module","main":"i.js"}`, [`store/p${v}/node_modules/pkg/i.js`]: `export const x = ${x}\n` })
    rig = await Rig.open({ ...pkg('1.0.0', 1), ...pkg('2.0.0', 2), 'notebooks/x.ts': `${head}import { x } from 'pkg'
export const out = table('a.one', { n: t.integer() })
export default notebook({ outputs: { out }, select: { out: () => sql\`SELECT \${x}::INTEGER AS n\` } })\n`, 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'`, '.step(x)') })
    await symlink(rig.path('store/p1.0.0/node_modules/pkg'), rig.path('node_modules/pkg'))
    const a = await rig.run(); expect(a.code, a.out).toBe(0)
    await new Promise((r) => setTimeout(r, 2100))
    await rig.run()
    await rig.run()
    await unlink(rig.path('node_modules/pkg'))
    await symlink(rig.path('store/p2.0.0/node_modules/pkg'), rig.path('node_modules/pkg'))
    const r = await rig.run()
    expect(await rig.query('SELECT n FROM a.one'), r.out).toEqual([{ n: 2 }])
  })

  it('5b folder link that leads elsewhere', async () => {
    rig = await Rig.open({ 'lib1/x.ts': 'export const x = 1\n', 'lib2/x.ts': 'export const x = 2\n', 'notebooks/x.ts': `${head}import { x } from '../shared/x.ts'
export const out = table('a.one', { n: t.integer() })
export default notebook({ outputs: { out }, select: { out: () => sql\`SELECT \${x}::INTEGER AS n\` } })\n`, 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'`, '.step(x)') })
    await symlink(rig.path('lib1'), rig.path('shared'))
    const a = await rig.run(); expect(a.code, a.out).toBe(0)
    await unlink(rig.path('shared'))
    await symlink(rig.path('lib2'), rig.path('shared'))
    const r = await rig.run()
    expect(await rig.query('SELECT n FROM a.one'), r.out).toEqual([{ n: 2 }])
  })

  it('7 publish run at once', async () => {
    rig = await Rig.open(smallFlow)
    await rig.edit('flows/sales.ts', "flow('sales')", "flow('sales', { publish: 'run' })")
    const [a, b] = await Promise.all([rig.run('--no-cache'), rig.run('--no-cache')])
    expect([a.code, b.code], a.out + b.out).toEqual([0, 0])
  })

  it('8 a late crash of another step', async () => {
    const one = (n: string, body: string) => `${head}export const out = table('a.${n}', { n: t.integer() })
export default notebook({ outputs: { out }, volatile: true, async run({ outputs }) { ${body}; await outputs.out.insert({ n: 1 }) } })\n`
    rig = await Rig.open({ 'notebooks/x.ts': one('x', `setTimeout(() => { throw new Error('late') }, 200)`), 'notebooks/y.ts': one('y', 'await new Promise((r) => setTimeout(r, 1000))'), 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'\nimport y from '../notebooks/y.ts'`, '.step(x).step(y)') })
    const r = await rig.run('--concurrency', '1')
    expect(r.outcomes, r.out).toEqual({ x: 'ran', y: 'ran' })
  })

  it('10 description as value', async () => {
    rig = await Rig.open({ 'notebooks/x.ts': `${head}export const out = table('a.one', { n: t.varchar() }, { description: 'first' })
const text = () => out.options.description ?? ''
export default notebook({ outputs: { out }, select: { out: () => sql\`SELECT \${text()}::VARCHAR AS n\` } })\n`, 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'`, '.step(x)') })
    const a = await rig.run(); expect(a.code, a.out).toBe(0)
    await rig.edit('notebooks/x.ts', 'first', 'second')
    const r = await rig.run()
    expect(await rig.query('SELECT n FROM a.one'), r.out).toEqual([{ n: 'second' }])
  })

  it('11 storage root from env', async () => {
    rig = await Rig.open({ ...smallFlow, 'storage/local.yaml': 'kind: local\nroot: ${env:LAKE_ROOT}\n' })
    const a = await rig.with({ LAKE_ROOT: rig.path('lake1') }, 'run', '--json')
    expect(a.code, a.out).toBe(0)
    const b = await rig.with({ LAKE_ROOT: rig.path('lake2') }, 'run', '--json')
    expect(await rig.files('lake2'), b.out).toContain('sluice.json')
  })

  it('12 orphan', async () => {
    rig = await Rig.open({ 'notebooks/x.ts': `${head}import { writeFileSync } from 'node:fs'\nexport const out = table('a.one', { n: t.integer() })
export default notebook({ outputs: { out }, async run() { writeFileSync('pid', String(process.pid)); for (;;); } })\n`, 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'`, '.step(x)') })
    const child = rig.start(['run'])
    await rig.until('pid')
    await new Promise((r) => setTimeout(r, 100))
    const pid = Number(await rig.read('pid'))
    child.kill('SIGKILL')
    await new Promise((r) => setTimeout(r, 3000))
    let alive = true
    try { process.kill(pid, 0) } catch { alive = false }
    if (alive) process.kill(pid, 'SIGKILL')
    expect(alive).toBe(false)
  })
  it('14 yaml precedence', async () => {
    const nb = (n: number) => `${head}export const out = table('a.one', { n: t.integer() })
export default notebook({ outputs: { out }, select: { out: () => sql\`SELECT ${n} AS n\` } })\n`
    rig = await Rig.open({ 'notebooks/x.mts': nb(1), 'flows/main.yaml': 'flow: main\nsteps:\n  - notebook: x\n' })
    const a = await rig.run(); expect(a.code, a.out).toBe(0)
    await rig.write({ 'notebooks/x.ts': nb(2) })
    const r = await rig.run()
    expect(await rig.query('SELECT n FROM a.one'), r.out).toEqual([{ n: 2 }])
  })
})
