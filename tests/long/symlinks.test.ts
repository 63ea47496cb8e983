import { existsSync } from 'node:fs'
import { readFile, readdir, rename, rm, symlink } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProblemError } from '../../src/base/problem.ts'
import { contentsOf } from '../crash/checker.ts'
import { badEnding } from '../crash/faults.ts'
import { hookedRun, type Hook, type Swap } from '../crash/hooked.ts'
import { inLanes, Lane } from '../crash/lane.ts'
import { Outside } from '../crash/outside.ts'
import { nightly, sample, seed } from '../crash/seeds.ts'

/** How many of the swaps; all in the long variant. */
const some = 22

let lanes: readonly Lane[] = []
beforeAll(async () => {
  lanes = await Promise.all([Lane.open(), Lane.open()])
})
afterAll(async () => {
  for (const lane of lanes) await new Outside(lane).remove()
  await Promise.all(lanes.map((lane) => lane.close()))
})

const lake = 'storage/lake'

/** Places of a project as they are before a run; `<id>` is the only folder of its kind that is there. */
const places = [
  `${lake}/sluice.json`,
  `${lake}/tables`,
  `${lake}/tables/totals`,
  `${lake}/tables/totals/silver.orders`,
  `${lake}/tables/lines/bronze.lines/<id>`,
  `${lake}/tables/lines/bronze.lines/<id>/part-0.parquet`,
  `${lake}/tables/totals/silver.products/<id>/part-0.parquet`,
  `${lake}/tables/lines/bronze.lines/<id>/manifest.json`,
  `${lake}/env`,
  `${lake}/env/dev`,
  `${lake}/env/dev/log`,
  `${lake}/env/dev/log/00000000000000000004.json`,
  `${lake}/env/dev/log/00000000000000000005.json`,
  `${lake}/env/dev/hint.json`,
  `${lake}/env/dev/checkpoint`,
  `${lake}/steps`,
  `${lake}/steps/<id>`,
  `${lake}/runs`,
  '.sluice',
  '.sluice/modules',
  '.sluice/tmp',
  '.sluice/declared',
  '.sluice/rest',
  '.sluice/data/stat-index.json',
] as const

/** What is only read, where it leads: links are allowed there. */
const allowed = [
  'data',
  'data/order_details.csv',
  'notebooks',
  'notebooks/lines.ts',
  'flows',
  'flows/orders.ts',
] as const

/** The call before which a link comes, and how far above what the call is about. */
const swaps: readonly (readonly [name: string, up: number, from?: true])[] = [
  ['lake readFile sluice.json #1', 0],
  ['lake readFile sluice.json #1', 1],
  ['lake open env/dev #1', 0],
  ['lake readFile env/dev/log/00000000000000000004.json #1', 1],
  ['lake readFile steps/<hash>.json #1', 0],
  ['lake readFile steps/<hash>.json #1', 1],
  ['lake readFile tables/lines/bronze.lines/<id>/manifest.json #1', 0],
  ['lake readFile tables/lines/bronze.lines/<id>/manifest.json #1', 1],
  ['lake mkdir tables/lines/bronze.lines/<id>.staging #1', 0],
  ['lake mkdir tables/lines/bronze.lines/<id>.staging #1', 1],
  ['lake mkdir tables/lines/bronze.lines/<id>.staging #1', 3],
  ['lake readdir tables/lines/bronze.lines/<id>.staging #1', 0],
  ['lake open tables/lines/bronze.lines/<id>.staging/part-0.parquet #1', 0],
  ['lake sync tables/lines/bronze.lines/<id>.staging/part-0.parquet #1', 1],
  ['lake rename tables/lines/bronze.lines/<id> #1', 0],
  ['lake rename tables/lines/bronze.lines/<id> #1', 0, true],
  ['lake rename tables/lines/bronze.lines/<id> #1', 2],
  ['lake create tables/lines/bronze.lines/<id>/.tmp #1', 0],
  ['lake create tables/lines/bronze.lines/<id>/.tmp #1', 1],
  ['lake write tables/lines/bronze.lines/<id>/.tmp #1', 0],
  ['lake link tables/lines/bronze.lines/<id>/manifest.json #1', 0],
  ['lake link tables/lines/bronze.lines/<id>/manifest.json #1', 0, true],
  ['lake create env/dev/log/.tmp #1', 1],
  ['lake create env/dev/log/.tmp #1', 3],
  ['lake link env/dev/log/00000000000000000005.json #1', 0],
  ['lake link env/dev/log/00000000000000000005.json #1', 1],
  ['lake unlink env/dev/log/.tmp #1', 1],
  ['lake rename env/dev/hint.json #1', 1],
  ['lake create steps/.tmp #1', 1],
  ['lake mkdirSync runs/<id> #1', 1],
  ['lake writeFileSync runs/<id>/events.jsonl #2', 0],
  ['lake writeFileSync runs/<id>/events.jsonl #2', 1],
  ['lake create runs/<id>/.tmp #1', 1],
  ['cache writeFileSync declared/<hash>.json.tmp #1', 1],
  ['cache renameSync data/stat-index.json.tmp #1', 2],
]

/** The place that a pattern stands for: `<id>` is the first entry of its folder. */
async function placeOf(lane: Lane, pattern: string): Promise<string> {
  const [before = '', after] = pattern.split('<id>')
  if (after === undefined) return pattern
  const [name = ''] = (await readdir(lane.rig.path(before))).toSorted()
  return `${before}${name}${after}`
}

/** What readers get while the link is there: our rows, or a Problem. */
async function wrongRows(lane: Lane): Promise<string[]> {
  try {
    const now = await contentsOf(lane.folder)
    return Object.entries(now)
      .filter(([table, rows]) => rows !== lane.before[table] && rows !== lane.after[table])
      .map(([table, rows]) => `${table} is served with rows of others: ${rows}`)
  } catch (error) {
    return error instanceof ProblemError ? [] : [`a reader is told what is no Problem: ${String(error)}`]
  }
}

/** Runs, and tells what must not be; `link` says where the link is by then, and undefined when there is none. */
async function wrong(lane: Lane, hook: Hook, link: () => Promise<string | undefined>): Promise<string[]> {
  const outside = new Outside(lane)
  const before = await outside.snapshot()
  const run = await hookedRun(lane.folder, hook)
  const place = await link()
  if (place === undefined) return [`it was never reached: ${run.out}${run.err}`]
  const found = badEnding(run)
  // Who opens the storage when its folder is a link by then reads where it leads.
  if (place !== lane.rig.path(lake)) found.push(...(await wrongRows(lane)))
  const after = await outside.snapshot()
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
    if (before[name] !== after[name]) found.push(`outside was changed: '${name}'`)
  await outside.putRight(place)
  return [...found, ...(await lane.recovered('after', { twice: nightly }))]
}

async function linked(lane: Lane, pattern: string, hook: Hook = {}): Promise<string[]> {
  await lane.begin('second')
  const place = await placeOf(lane, pattern)
  await new Outside(lane).link(place)
  return (await wrong(lane, hook, async () => place)).map((text) => `${pattern}: ${text}`)
}

async function swapped(lane: Lane, [name, up, from]: (typeof swaps)[number]): Promise<string[]> {
  await lane.begin('second')
  const outside = new Outside(lane)
  const to = await outside.copyOf(name.startsWith('cache') ? '.sluice' : lake)
  const done = lane.rig.path('swapped')
  await rm(done, { force: true })
  const swap: Swap = { up, to, moved: outside.moved, done, ...(from && { from }) }
  const found = await wrong(lane, { at: { name, swap } }, async () =>
    existsSync(done) ? readFile(done, 'utf8') : undefined,
  )
  return found.map((text) => `before ${name}, ${up} above${from ? ', from' : ''}: ${text}`)
}

async function all<T>(
  list: readonly T[],
  each: (lane: Lane, item: T) => Promise<string[]>,
): Promise<string[]> {
  const found: string[] = []
  await inLanes(lanes, list, async (lane, item) => {
    found.push(...(await each(lane, item)))
  })
  return found
}

describe('a link out of the project', () => {
  it(`that is there before a run is not followed, at ${places.length} places`, async () => {
    expect(await all(places, linked)).toEqual([])
  })

  it(`may lead to what is only read, at ${allowed.length} places`, async () => {
    expect(await all(allowed, linked)).toEqual([])
  })

  const chosen = sample(swaps, some)
  it(`that takes the place of something while it is used is not followed, at ${chosen.length} of ${swaps.length} calls (seed ${seed})`, async () => {
    expect(await all(chosen, swapped)).toEqual([])
  })

  it('may be the folder of the storage, which then is where it leads', async () => {
    const lane = lanes[0] as Lane
    await lane.begin('second')
    await new Outside(lane).link(lake)
    await rm(lane.rig.path(lake))
    await rename(new Outside(lane).moved, new Outside(lane).folder + '/kept')
    await symlink(new Outside(lane).folder + '/kept', lane.rig.path(lake))
    expect(await lane.recovered('after')).toEqual([])
    await rm(lane.rig.path(lake))
  })
})

it('a driver that asks and believes that all is well is found out', async () => {
  const at = [`${lake}/tables/lines`, `${lake}/env`]
  const found = await all(at, (lane, place) => linked(lane, place, { variant: 'trusting' }))
  for (const place of at) expect(found.join('\n')).toContain(`${place}: outside was changed`)
})
