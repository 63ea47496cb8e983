import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from './rig.ts'
let rig: Rig | undefined
afterEach(() => rig?.close())
const head = `import { notebook, table, t, sql, source } from 'sluice'\n`
const flowOf = (imports: string, steps: string, name = 'main') => `import { flow } from 'sluice'\n${imports}\nexport default flow('${name}')${steps}\n`
import { execFileSync } from 'node:child_process'
const children = (pid: number) => { try { return execFileSync('pgrep', ['-P', String(pid)]).toString().trim().split('\n').map(Number) } catch { return [] } }
const alive = (pid: number) => { try { process.kill(pid, 0); return true } catch { return false } }
describe('orphans', () => {
  it.each([
    ['loop', `export default notebook({ outputs: { out }, async run() { writeFileSync('pid', String(process.pid)); for (;;); } })`],
    ['query', `export default notebook({ outputs: { out }, select: { out: () => { writeFileSync('pid', ''); return sql\`SELECT max(a.range * b.range % 1000)::INTEGER AS n FROM range(10000000) AS a, range(100000) AS b\` } } })`],
  ])('%s', async (_, text) => {
    rig = await Rig.open({ 'notebooks/x.ts': `${head}import { writeFileSync } from 'node:fs'\nexport const out = table('a.one', { n: t.integer() })\n${text}\n`, 'flows/main.ts': flowOf(`import x from '../notebooks/x.ts'`, '.step(x)') })
    const child = rig.start(['run'])
    await rig.until('pid')
    await new Promise((r) => setTimeout(r, 1000))
    const pids = children(child.pid!)
    child.kill('SIGKILL')
    await new Promise((r) => setTimeout(r, 3000))
    const left = pids.filter(alive)
    for (const pid of left) process.kill(pid, 'SIGKILL')
    expect(left, String(pids)).toEqual([])
  })
})
