import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { badEnding, leftBeside } from '../crash/faults.ts'
import { hookedRun } from '../crash/hooked.ts'
import { inLanes, Lane, type Scenario } from '../crash/lane.ts'
import { recorded } from '../crash/record.ts'
import { nightly, sample, seed } from '../crash/seeds.ts'

const errnos = ['ENOSPC', 'EIO', 'EACCES', 'EMFILE', 'EXDEV'] as const
/** How many faults of each scenario; each error at each operation in the long variant. */
const faults = 15

let lanes: readonly Lane[] = []
const first = (): Lane => lanes[0] as Lane
beforeAll(async () => {
  lanes = await Promise.all([Lane.open(), Lane.open()])
})
afterAll(() => Promise.all(lanes.map((lane) => lane.close())))

/** Operations that only differ in the table or the commit are of one kind. */
function kindOf(name: string): string {
  return name
    .replace(/ #\d+$/, '')
    .replace(/\d{20}/, '<number>')
    .replace(/tables\/.*?(?=\/<id>|$)/, 'tables')
    .replace(/engine-\d+/, 'engine')
}

/** The operations of an undisturbed run; one of each kind, unless all are wanted. */
async function operations(lane: Lane, scenario: Scenario): Promise<string[]> {
  await lane.begin(scenario)
  const names = (await recorded(lane)).flatMap(({ moment, name }) => (moment === 'begin' ? name : []))
  if (nightly) return names
  const kinds = new Map(names.toReversed().map((name) => [kindOf(name), name]))
  return [...kinds.values()].toReversed()
}

interface Fault {
  readonly name: string
  readonly errno: string
  readonly all?: string
}

/** All that is wrong after a fault: how the run ended, what readers see, what is left, what the next run makes of it. */
async function wrongAfter(lane: Lane, scenario: Scenario, at: Fault): Promise<string[]> {
  await lane.begin(scenario)
  const run = await hookedRun(lane.folder, { at })
  const found = [...badEnding(run, at.errno), ...(await lane.violations(run))]
  // Where a removal fails, something stays.
  const removes = at.all !== undefined || / (?:unlink|rm|rmSync) /.test(at.name)
  if (!removes)
    found.push(...(await leftBeside(lane.rig.path('storage/lake'))).map((name) => `${name} is left`))
  found.push(...(await lane.recovered(scenario === 'first' ? 'before' : 'after')))
  return found.map((text) => `${at.name} ${at.errno}: ${text}`)
}

describe('when the operating system refuses an operation of the storage or of the caches', () => {
  it.each<Scenario>(['first', 'second'])(
    'what was published stays, the run says what is wrong, and the next makes it good: the %s run',
    async (scenario) => {
      const names = await operations(first(), scenario)
      const all = names.flatMap((name, at) =>
        errnos.flatMap((errno, number) => (nightly || number === at % errnos.length ? { name, errno } : [])),
      )
      const chosen = sample(all, faults)
      console.log(`${scenario} run: ${all.length} operations, ${chosen.length} faults, seed ${seed}`)
      const found: string[] = []
      await inLanes(lanes, chosen, async (lane, at) => {
        found.push(...(await wrongAfter(lane, scenario, at)))
      })
      expect(found).toEqual([])
    },
    nightly ? 14_400_000 : 300_000,
  )

  /** From an operation on, all of a kind. */
  const lasting: readonly Fault[] = [
    {
      errno: 'ENOSPC',
      name: 'lake create env/dev/log/.tmp #1',
      all: '^lake (create|write|mkdir|writeFileSync) ',
    },
    { errno: 'ENOSPC', name: 'cache mkdirSync tmp #1', all: '^cache (writeFileSync|mkdir|mkdirSync) ' },
    {
      errno: 'EMFILE',
      name: 'lake link env/dev/log/00000000000000000005.json #1',
      all: ' (open|create|readdir|readFile) ',
    },
    { errno: 'EIO', name: 'lake sync env/dev/log #1', all: '^lake ' },
    {
      errno: 'EACCES',
      name: 'lake readFile sluice.json #1',
      all: '^(lake|cache) (create|link|rename|mkdir|unlink|rm)',
    },
  ]

  it.each(lasting)('and from then on: $errno from $name', async (at) => {
    expect(await wrongAfter(first(), 'second', at)).toEqual([])
  })
})

describe('a driver that is wrong is found out', () => {
  it('one that publishes the commit before the files', async () => {
    const lane = first()
    await lane.begin('second')
    const name = 'lake half env/dev/log/00000000000000000005.json #1'
    const run = await hookedRun(lane.folder, {
      variant: 'commit-first',
      at: { name, errno: 'EIO', all: '^lake ' },
    })
    expect(run.code).not.toBe(0)
    expect((await lane.violations(run)).join('\n')).toContain('it is missing')
  })
})
