import { symlinkSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { compared, type Figure, type Goal } from './figure.ts'
import { inLayers, writeLayered } from './layered-project.ts'
import { interleaved, spreadOf } from './measure.ts'
import { sluice, timed } from './processes.ts'
import { inScratch, installedSluice, writeFiles } from './scratch.ts'
import { addWireit, runWireit } from './wireit-project.ts'

const rounds = 9

/** `sluice run` with nothing to do, against a bare node and against wireit's run with nothing to do. */
export async function noOp(): Promise<Figure[]> {
  return [...(await measure(100, 10)), ...(await measure(1000, 100))]
}

function measure(notebooks: number, width: number): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const layered = inLayers(notebooks, width)
    const [project, other] = [join(folder, 'sluice'), join(folder, 'wireit')]
    writeLayered(project, layered)
    writeLayered(other, layered)
    addWireit(other, layered)
    throughNpm(project)
    const first = sluice(project, 'run').ms
    runWireit(other)
    // Files that are younger than a tick of the clock are hashed again: wait, so that nothing to do means it.
    await setTimeout(2500)
    sluice(project, 'run')
    const check = sluice(project, 'run', '--json').stdout
    if (!check.includes(`"fresh":${notebooks}`))
      throw new Error(`there is something to do:\n${check.slice(-500)}`)
    const ms = await interleaved(rounds, {
      node: () => timed(process.execPath, ['-e', '0']).ms,
      sluice: () => sluice(project, 'run').ms,
      wireit: () => runWireit(other),
    })
    const npm = await interleaved(3, {
      sluice: () => timed('npm', ['run', '--silent', 'flow'], { cwd: project }).ms,
      wireit: () => timed('npm', ['run', '--silent', 'all'], { cwd: other, env: { CI: '' } }).ms,
    })
    const name = `${notebooks.toLocaleString('en')} notebooks, nothing to do`
    const allowed = ms.node.map((value) => 1.5 * value + 150)
    const about = (what: string, goal?: Goal) =>
      ({ bench: 'no-op', what, unit: 'ms', ...(goal && { goal }) }) as const
    return [
      compared(about(name, { atMost: 1 }), ms.sluice, '1.5 bare node + 150 ms', allowed),
      compared(about(name), ms.sluice, 'node -e 0', ms.node),
      compared(
        about(`wireit: ${name}`, notebooks < 1000 ? undefined : { atLeast: 10 }),
        ms.wireit,
        'sluice',
        ms.sluice,
      ),
      compared(about(`wireit through npm: ${name}`), npm.wireit, 'sluice through npm', npm.sluice),
      { ...about(`${name}: the first run, for comparison`), value: spreadOf([first]) },
    ]
  })
}

/** `npm run flow` starts `sluice run` through `node_modules/.bin`, as in an installed project. */
function throughNpm(project: string): void {
  const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as object
  writeFiles(project, { 'package.json': JSON.stringify({ ...manifest, scripts: { flow: 'sluice run' } }) })
  mkdirSync(join(project, 'node_modules/.bin'), { recursive: true })
  symlinkSync(join(installedSluice(), 'dist/cli/main.js'), join(project, 'node_modules/.bin/sluice'))
}
