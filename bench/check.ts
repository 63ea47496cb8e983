import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { dataformProject } from './dataform-project.ts'
import { compared, type Figure, type Goal } from './figure.ts'
import { inLayers, layeredQuery, notebookFile, writeLayered } from './layered-project.ts'
import { interleaved, spreadOf } from './measure.ts'
import { timed, withCpu, type Ended } from './processes.ts'
import { checkout, inScratch, installedSluice, writeFiles } from './scratch.ts'

const notebooks = 1000
const rounds = 3

/**
 * `sluice check` of a large project: without anything kept, after an edit of one query, and with nothing changed;
 * beside `tsc` over the same project and Dataform over as many SQL actions.
 */
export function check(): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const project = join(folder, 'sluice')
    const layered = inLayers(notebooks, notebooks / 10)
    writeLayered(project, layered)
    writeFiles(project, { 'tsconfig.json': JSON.stringify(tsconfig) })
    const dataform = dataformProject(
      join(folder, 'dataform'),
      Array.from({ length: notebooks }, (_, n) =>
        layeredQuery(layered, n, (parent) => `\${ref('t${parent}')}`, 'seed'),
      ),
    )
    // Files younger than a tick of the clock are hashed again.
    await setTimeout(2500)
    const cpu: Record<string, number[]> = {}
    const measured = (name: string, ended: Ended): number => {
      ;(cpu[name] ??= []).push(ended.cpuMs ?? NaN)
      return ended.ms
    }
    const sluiceCheck = () =>
      withCpu(project, process.execPath, [join(installedSluice(), 'dist/cli/main.js'), 'check'])
    const ms = await interleaved(
      rounds,
      {
        node: () => timed(process.execPath, ['-e', '0']).ms,
        cold: () => {
          rmSync(join(project, '.sluice'), { recursive: true, force: true })
          return measured('cold', sluiceCheck())
        },
        // What was kept of a file that was new then is looked at again: one more check, so that it is known.
        settled: async () => {
          await setTimeout(2500)
          return sluiceCheck().ms
        },
        same: () => measured('same', sluiceCheck()),
        first: () => measured('first', edited(project, 50, sluiceCheck)),
        last: () => measured('last', edited(project, notebooks - 50, sluiceCheck)),
      },
      { warmUp: false, inOrder: true },
    )
    const tsc = withCpu(project, process.execPath, [
      join(checkout, 'node_modules/typescript/bin/tsc'),
      '--noEmit',
    ])
    const about = (what: string, goal?: Goal) =>
      ({ bench: 'check', what, unit: 'ms', ...(goal && { goal }) }) as const
    const size = `${notebooks.toLocaleString('en')} notebooks`
    const allowed = ms.node.map((value) => value + 300)
    const figures: Figure[] = [
      { ...about(`${size}, nothing kept`, { atMost: 2000 }), value: spreadOf(ms.cold) },
      compared(
        about('one query of the first layer edited', { atMost: 1 }),
        ms.first,
        'bare node + 300 ms',
        allowed,
      ),
      compared(
        about('one query of the last layer edited', { atMost: 1 }),
        ms.last,
        'bare node + 300 ms',
        allowed,
      ),
      compared(about('nothing changed'), ms.same, 'node -e 0', ms.node),
      ...Object.entries(cpu).map(([name, values]) => ({
        ...about(`processor time: ${words[name] ?? name}`),
        value: spreadOf(values),
      })),
      compared(
        about('`tsc --noEmit`, the same project'),
        ms.cold.map(() => tsc.ms),
        'sluice check, nothing kept',
        ms.cold,
      ),
      { ...about('processor time: tsc'), value: spreadOf([tsc.cpuMs ?? NaN]) },
    ]
    if (!dataform) {
      process.stderr.write('dataform: @dataform/cli could not be installed, so it is left out\n')
      return figures
    }
    const compiled = dataform()
    return [
      ...figures,
      compared(
        about('`dataform compile`, as many actions'),
        ms.cold.map(() => compiled.ms),
        'sluice check, nothing kept',
        ms.cold,
      ),
    ]
  })
}

const words: Readonly<Record<string, string>> = {
  cold: 'nothing kept',
  same: 'nothing changed',
  first: 'one query of the first layer edited',
  last: 'one query of the last layer edited',
}

const tsconfig = {
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    types: [],
    strict: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ['notebooks', 'flows', 'shared'],
}

let edits = 0

/** Changes what a query computes, as an author would, and runs. */
function edited(project: string, n: number, run: () => Ended): Ended {
  const file = join(project, notebookFile(n))
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace(/ - \d+ AND/, ` - ${++edits + 10} AND`))
  return run()
}
