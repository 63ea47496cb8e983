import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { emptyFolder, startSluice } from './rig.ts'

/** Commands of a plugin that never end by themselves. */
const plugin = `export default {
  name: 'endless',
  commands: {
    wait: { description: '', async run() { console.log('ready'); setInterval(() => {}, 1000); await new Promise(() => {}) } },
    talk: {
      description: '',
      async run() {
        for (;;) {
          console.log('x'.repeat(1000))
          await new Promise((resolve) => setImmediate(resolve))
        }
      },
    },
  },
}`

async function project(): Promise<string> {
  const cwd = await emptyFolder()
  await mkdir(path.join(cwd, 'plugins'))
  await writeFile(path.join(cwd, 'package.json'), '{"type":"module"}')
  await writeFile(path.join(cwd, 'plugins/endless.ts'), plugin)
  await writeFile(path.join(cwd, 'sluice.yaml'), 'plugins: [plugins/endless.ts]\n')
  return cwd
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a command with 130', async (signal) => {
  const child = startSluice(['wait'], { cwd: await project() })
  await once(child.stdout, 'data')
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([130, null])
})

test('a reader that goes away ends a command quietly', async () => {
  const child = startSluice(['talk'], { cwd: await project() })
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()))
  await once(child.stdout, 'data')
  child.stdout.destroy()
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(stderr).toBe('')
})
