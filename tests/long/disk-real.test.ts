import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { badEnding, leftBeside } from '../crash/faults.ts'
import { startRun, type HookedRun } from '../crash/hooked.ts'
import { Lane } from '../crash/lane.ts'
import { sample, seed } from '../crash/seeds.ts'
import { callsOf, canTrace, tracedRun, type Who } from '../crash/strace.ts'
import { missing } from '../required.ts'

/** Small file systems are mounted, which takes rights that users, and root in many containers, do not have. */
const canMount = mounts()
if (!canMount) missing('mount', 'disks that are full are real ones, and this process may mount none')

let lane: Lane
beforeAll(async () => {
  lane = await Lane.open()
})
afterAll(() => lane.close())

/** Whether this process may mount a small file system: tried, because rights do not tell. */
function mounts(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-mount-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder], {
    stdio: 'ignore',
  })
  if (status === 0) spawnSync('umount', [folder], { stdio: 'ignore' })
  rmSync(folder, { recursive: true, force: true })
  return status === 0
}

/** Puts a file system of its own in the place of a folder, until the test is over or `unmount` is called. */
async function mounted(folder: string, ...options: readonly string[]): Promise<() => void> {
  await mkdir(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', folder])
  // Lazily: processes that were ended may still hold files.
  const unmount = () => void spawnSync('umount', ['-l', folder], { stdio: 'ignore' })
  onTestFinished(unmount)
  return unmount
}

/** All that is wrong with how a run ended, and with what it left. */
async function wrong(run: HookedRun, word: string | RegExp): Promise<string[]> {
  return [...badEnding(run, word), ...(await lane.violations(run))]
}

const full = /ENOSPC|No space left|offload/

describe.runIf(canMount)('on a disk', () => {
  it.each([8, 60])('that is full after %i kB, a run says so and the next goes on', async (size) => {
    await lane.begin('first')
    const lake = lane.rig.path('storage/lake')
    await mounted(lake, '-o', `size=${size}k`)
    const run = await startRun(lane.folder).ended
    expect(run.code, run.out).not.toBe(0)
    expect(await wrong(run, full)).toEqual([])
    expect(await leftBeside(lake)).toEqual([])
    execFileSync('mount', ['-o', 'remount,size=10m', lake])
    expect(await lane.recovered('before')).toEqual([])
  })

  it.each([4, 24])('of %i kB for the caches, a run does without them', async (size) => {
    await lane.begin('second')
    const cache = lane.rig.path('.sluice')
    await rm(cache, { recursive: true })
    const unmount = await mounted(cache, '-o', `size=${size}k`)
    const run = await startRun(lane.folder).ended
    expect(await wrong(run, full)).toEqual([])
    expect(run.code, run.out).toBe(0)
    unmount()
    expect(await lane.recovered('after')).toEqual([])
  })

  it('that has no room for what does not fit into memory, a step says where to make some', async () => {
    await lane.begin('second')
    await lane.rig.write({
      'sluice.yaml': 'memory: 160MB\n',
      'notebooks/big.ts': `import { notebook, sql, t, table } from 'sluice'
export const big = table('a.big', { n: t.bigint(), s: t.varchar() })
export default notebook({
  outputs: { big },
  select: {
    big: () => sql\`SELECT r.range AS n, 'text ' || (r.range * 7919 % 1000003) AS s FROM range(8000000) AS r ORDER BY s, n\`,
  },
})
`,
      'flows/big.ts': `import { flow } from 'sluice'
import big from '../notebooks/big.ts'
export default flow('big').step(big)
`,
    })
    const unmount = await mounted(lane.rig.path('.sluice/tmp'), '-o', 'size=2m')
    const run = await startRun(lane.folder, {}, { flags: ['big'] }).ended
    expect(run.code, run.out).toBe(1)
    expect(await wrong(run, full)).toEqual([])
    expect(await leftBeside(lane.rig.path('storage/lake'))).toEqual([])
    unmount()
    await Promise.all(['notebooks/big.ts', 'flows/big.ts'].map((file) => lane.rig.remove(file)))
    await lane.rig.write({ 'sluice.yaml': '' })
    expect(await lane.recovered('after')).toEqual([])
  })

  it('of its own for the tables, a lake works: what is staged lies beside its place', async () => {
    await lane.begin('first')
    const unmount = await mounted(lane.rig.path('storage/lake/tables'), '-o', 'size=10m')
    const run = await startRun(lane.folder).ended
    expect(run.code, run.out).toBe(0)
    expect(await lane.violations(run)).toEqual([])
    expect(await lane.recovered('before')).toEqual([])
    unmount()
    // Which is also what a reader finds that a disk is not there.
    expect(await lane.violations()).not.toEqual([])
  })

  it('that is read-only, what was published can be read and nothing is changed', async () => {
    await lane.begin('second')
    const lake = lane.rig.path('storage/lake')
    execFileSync('mount', ['--bind', lake, lake])
    onTestFinished(() => void spawnSync('umount', ['-l', lake], { stdio: 'ignore' }))
    execFileSync('mount', ['-o', 'remount,bind,ro', lake])
    const run = await startRun(lane.folder).ended
    expect(run.code, run.out).toBe(1)
    expect(await wrong(run, 'EROFS')).toEqual([])
    execFileSync('umount', ['-l', lake])
    expect(await lane.recovered('after')).toEqual([])
  })
})

it.runIf(process.platform !== 'win32').each([24, 40, 64])(
  'with %i open files a run goes well, or fails and changes nothing',
  async (limit) => {
    await lane.begin('second')
    const before = ['bash', '-c', `ulimit -n ${limit}; exec "$@"`, 'bash']
    const run = await startRun(lane.folder, {}, { before }).ended
    expect(run.signal).toBeNull()
    expect(run.err).not.toContain('internal error')
    expect(await lane.violations(run)).toEqual([])
    if (run.code !== 0) expect(run.out + run.err).toContain('EMFILE')
    expect(await lane.recovered('after')).toEqual([])
  },
)

it.runIf(canMount)('a driver that writes objects in place is found out on disks that are full', async () => {
  const found: string[] = []
  for (let size = 36; size <= 72 && found.length === 0; size += 4) {
    await lane.begin('first')
    const unmount = await mounted(lane.rig.path('storage/lake'), '-o', `size=${size}k`)
    found.push(...(await lane.violations(await startRun(lane.folder, { variant: 'in-place' }).ended)))
    unmount()
  }
  expect(found.join('\n')).toContain('is damaged')
})

describe.runIf(canTrace)('when system calls of a process of ours fail', () => {
  it.each<readonly [Who, string, string]>([
    ['engine-main', 'write', 'ENOSPC'],
    ['engine-main', 'write', 'EIO'],
    ['engine-main', 'openat', 'EMFILE'],
    ['worker-main', 'write', 'ENOSPC'],
    ['worker-main', 'openat', 'EACCES'],
  ])('nothing is shown half done: %s, %s: %s', async (who, call, errno) => {
    await lane.begin('second')
    const threads = await callsOf(lane, who, [call])
    const most = Math.max(...[...threads.values()].map((lines) => lines.length))
    const all = Array.from({ length: most }, (_, at) => at + 1)
    const found: string[] = []
    const chosen = sample(all, 1)
    console.log(`${who} ${call} ${errno}: ${chosen.join()} of ${most}, seed ${seed}`)
    for (const nth of chosen) {
      await lane.begin('second')
      const inject = `inject=${call}:error=${errno}:when=${nth}`
      const run = await tracedRun(lane, who, ['-o', '/dev/null', '-e', `trace=${call}`, '-e', inject])
      // Node itself ends when calls fail that no disk refuses, such as those that wake its threads.
      const wrong = [...badEnding(run), ...(await lane.violations(run)), ...(await lane.recovered('after'))]
      found.push(...wrong.map((text) => `${call} ${nth}: ${text}`))
    }
    expect(found).toEqual([])
  })
})
