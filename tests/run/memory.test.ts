import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { ChildEnded } from '../../src/run/child.ts'
import { endedProblem, memoryProblem } from '../../src/run/ended-problem.ts'
import { OutOfMemory } from '../../src/run/guard-memory.ts'
import { bytesHeld, machineMemory, oomKills } from '../../src/run/memory.ts'

it.skipIf(process.platform !== 'linux')('what a process holds grows with what it allocates', () => {
  const before = bytesHeld(process.pid) ?? 0
  const held = Buffer.alloc(80_000_000, 1)
  expect((bytesHeld(process.pid) ?? 0) - before).toBeGreaterThan(held.length / 2)
  expect(bytesHeld(2 ** 30)).toBeUndefined()
})

it('ends by the system are counted in our group, else on the machine, else not known', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-memory-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const [group, machine, none] = ['group', 'machine', 'none'].map((name) => path.join(folder, name))
  await writeFile(group ?? '', 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n')
  await writeFile(machine ?? '', 'nr_free_pages 12\noom_kill 7\n')
  expect([oomKills(group, machine), oomKills(none, machine), oomKills(none, none)]).toEqual([2, 7, undefined])
})

it('the memory of this machine is some, and finite', () => {
  expect(machineMemory()).toBeGreaterThan(1e6)
  expect(machineMemory()).toBeLessThan(1e15)
})

it('a process that ended is told by what ended it', () => {
  const step = { name: 'x', file: 'notebooks/x.ts', kind: 'run', limits: {} } as never
  const told = [
    endedProblem(new ChildEnded(3, null), step),
    endedProblem(new ChildEnded(null, 'SIGBUS'), step),
    endedProblem(new ChildEnded(null, 'SIGKILL'), step),
    memoryProblem(new OutOfMemory('system'), step),
    memoryProblem(new OutOfMemory('limit', { held: 612e6, limit: 5e8 }), step),
  ]
  expect(told.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    "step/exited: step 'x': the notebook ended its process with exit code 3",
    "step/exited: step 'x': its process was ended by SIGBUS, a crash in native code",
    "step/exited: step 'x': its process was ended by SIGKILL",
    "step/memory: step 'x': the system ended its process for want of memory",
    "step/memory: step 'x': its process held 612 MB, far over its memory limit of 500 MB, and was ended",
  ])
})
