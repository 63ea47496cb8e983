import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { compared, type Figure } from './figure.ts'
import { layeredStatements, writeLayered, type Layered } from './layered-project.ts'
import { interleaved, spreadOf } from './measure.ts'
import { duckDb, sluice } from './processes.ts'
import { duckDbSettings } from './settings.ts'
import { forget, inScratch } from './scratch.ts'

const steps = 100
const rounds = 5

const shapes: { readonly [name: string]: (n: number) => readonly number[] } = {
  chain: (n) => (n === 0 ? [] : [n - 1]),
  wide: () => [],
}

/** What a step costs beside its query: many tiny steps, against the same statements in one DuckDB process. */
export async function stepOverhead(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [name, parents] of Object.entries(shapes)) figures.push(...(await measure(name, parents)))
  return figures
}

function measure(shape: string, parents: Layered['parents']): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const run = (count: number) =>
      side(join(folder, `${shape}${count}`), { notebooks: count, shared: 4, parents })
    const [many, few] = [run(steps), run(10)]
    const ms = await interleaved(rounds, {
      first: many.first,
      forced: many.forced,
      duckDb: many.duckDb,
      fewFirst: few.first,
      fewDuckDb: few.duckDb,
    })
    const perStep = (runs: readonly number[], less: readonly number[], count: number) =>
      spreadOf(runs.map((value, at) => (value - (less[at] ?? NaN)) / count))
    const slope = ms.first.map(
      (value, at) => value - (ms.fewFirst[at] ?? NaN) - (ms.duckDb[at] ?? NaN) + (ms.fewDuckDb[at] ?? NaN),
    )
    const what = `${steps} tiny steps, ${shape}`
    const bench = 'step-overhead'
    return [
      {
        bench,
        what: `${what}: each step, first run`,
        unit: 'ms',
        value: perStep(ms.first, ms.duckDb, steps),
        goal: { atMost: 10 },
      },
      {
        bench,
        what: `${what}: each step, forced`,
        unit: 'ms',
        value: perStep(ms.forced, ms.duckDb, steps),
        goal: { atMost: 10 },
      },
      {
        bench,
        what: `${what}: each further step, first run`,
        unit: 'ms',
        value: spreadOf(slope.map((value) => value / (steps - 10))),
      },
      compared({ bench, what: `${what}: all`, unit: 'ms' }, ms.first, 'DuckDB alone', ms.duckDb),
      compared(
        { bench, what: `10 tiny steps, ${shape}: all`, unit: 'ms' },
        ms.fewFirst,
        'DuckDB alone',
        ms.fewDuckDb,
      ),
    ]
  })
}

/** A project of tiny steps and the same statements for DuckDB alone. */
function side(folder: string, layered: Layered) {
  const [project, output] = [join(folder, 'project'), join(folder, 'output')]
  writeLayered(project, layered)
  const statements = layeredStatements(layered, project, output)
  return {
    first: () => {
      forget(project, { notebooks: true })
      return sluice(project, 'run').ms
    },
    forced: () => sluice(project, 'run', '--force').ms,
    duckDb: () => {
      rmSync(output, { recursive: true, force: true })
      mkdirSync(output)
      return duckDb(folder, { settings: duckDbSettings(folder), statements }).ms
    },
  }
}
