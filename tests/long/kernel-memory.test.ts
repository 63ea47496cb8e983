import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { missing } from '../required.ts'
import { Rig } from '../run/rig.ts'

/** A group of processes with little memory, which the kernel enforces; undefined where we may make none. */
function smallGroup(): string | undefined {
  const name = `sluice-test-${process.pid}`
  // Version 1 of control groups has a tree for memory, version 2 one tree for all.
  for (const [root, limit] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ] as const) {
    const group = `${root}/${name}`
    try {
      mkdirSync(group)
    } catch {
      continue
    }
    try {
      writeFileSync(`${group}/${limit}`, '250000000')
      return group
    } catch {
      rmdirSync(group)
    }
  }
  return undefined
}

const group = smallGroup()
if (group === undefined)
  missing('cgroup', 'the kernel ends no process for want of memory here: no group can be made')
let rig: Rig | undefined
afterEach(async () => {
  await rig?.close()
  if (group !== undefined) rmdirSync(group)
})

it.skipIf(group === undefined)(
  'a notebook that the kernel ends for want of memory fails alone, and says so',
  async () => {
    const notebook = (name: string, body: string) => `import { writeFileSync } from 'node:fs'
import { notebook, t, table } from 'sluice'
export const out = table('a.${name}', { n: t.integer() })
export default notebook({ outputs: { out }, expires: '1h', async run({ outputs }) { ${body}
  await outputs.out.insert({ n: 1 }) } })
`
    const eat = `writeFileSync('${group}/cgroup.procs', String(process.pid))
  console.log('in the group')
  const all = []
  for (let i = 0; i < 60; i++) all.push(Buffer.alloc(10_000_000, 1))`
    rig = await Rig.open({
      'notebooks/eats.ts': notebook('eats', eat),
      'notebooks/good.ts': notebook('good', ''),
      'flows/main.ts': `import { flow } from 'sluice'
import eats from '../notebooks/eats.ts'
import good from '../notebooks/good.ts'
export default flow('main').step(eats).step(good)
`,
      'sluice.yaml': 'keepGoing: true\n',
    })
    const ended = await rig.run()
    expect(ended.code, ended.err).toBe(1)
    expect(ended.outcomes).toEqual({ eats: 'failed', good: 'ran' })
    const told = ended.lines.find((line) => line.event === 'step-finished' && line.step === 'eats')
    expect(told?.problems?.[0]?.code).toBe('step/memory')
    expect(told?.problems?.[0]?.message).toContain('the system ended its process for want of memory')
    expect(ended.out).toContain('in the group')
  },
)
