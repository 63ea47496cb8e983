import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { StoryRig } from './kit.ts'

test(
  'a plan foretells that an incremental step is computed whole, and why',
  { timeout: 60_000 },
  async () => {
    const rig = await StoryRig.open()
    const file = path.join(rig.folder, 'log', 'a.csv')
    const another = path.join(rig.folder, 'log', 'b.csv')
    try {
      await mkdir(path.dirname(file))
      for (const other of ['items.csv', 'bag.csv'])
        await writeFile(path.join(rig.folder, other), 'id,customer,amount\n1,a,5\n')
      const steps: readonly (readonly [() => unknown, string | undefined, string?])[] = [
        [() => writeFile(file, 'id,customer,amount\n1,a,5\n'), 'full: first run'],
        // The run finds that its queries are the same, and accepts it.
        [() => rig.code.set('log', 1), 'full: code changed', 'nothing'],
        [() => writeFile(another, 'id,customer,amount\n2,a,5\n'), undefined],
        [() => writeFile(file, 'id,customer,amount\n3,a,5\n'), 'full: log/a.csv of raw.log changed'],
        [() => rm(another), 'full: log/b.csv of raw.log is gone'],
      ]
      for (const [change, why, done = why ?? 'changes'] of steps) {
        await change()
        expect((await rig.foretold())['log']).toBe(why)
        expect((await rig.run())['log']?.how ?? 'nothing').toBe(done)
      }
    } finally {
      await rig.close()
    }
  },
)
