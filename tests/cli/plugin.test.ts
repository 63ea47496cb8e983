import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { emptyFolder, sluice } from './rig.ts'

async function projectWith(plugins: { readonly [file: string]: string }): Promise<string> {
  const root = await emptyFolder()
  await mkdir(path.join(root, 'plugins'))
  await writeFile(path.join(root, 'package.json'), '{"type":"module"}')
  for (const [file, text] of Object.entries(plugins)) await writeFile(path.join(root, file), text)
  await writeFile(path.join(root, 'sluice.yaml'), `plugins: [${Object.keys(plugins).join(', ')}]\n`)
  return root
}

const mail = `export default {
  name: 'mail',
  commands: {
    mail: {
      description: 'sends a mail',
      run({ args, projectRoot }: { args: readonly string[]; projectRoot: string }) {
        console.log(JSON.stringify({ args, projectRoot }))
      },
    },
    fail: { description: 'throws', run() { throw new Error('no network') } },
  },
}`

test('a plugin that sluice.yaml names adds a command', async () => {
  const cwd = await projectWith({ 'plugins/mail.ts': mail })
  const { code, stdout, stderr } = await sluice(['mail', '--to', 'a b'], { cwd })
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toEqual({ args: ['--to', 'a b'], projectRoot: cwd })
})

test('help of such a command is its description', async () => {
  const cwd = await projectWith({ 'plugins/mail.ts': mail })
  const { stdout } = await sluice(['mail', '--help'], { cwd })
  expect(stdout).toBe('sluice mail: sends a mail (plugin mail)\n')
})

test('a command that no plugin has is unknown, and near ones of plugins are named', async () => {
  const cwd = await projectWith({ 'plugins/mail.ts': mail })
  const { code, stderr } = await sluice(['mial'], { cwd })
  expect(code).toBe(2)
  expect(stderr).toContain("unknown command 'mial' [project/usage]")
  expect(stderr).toContain("'mail'")
})

test('what the command of a plugin throws is told as its own fault', async () => {
  const cwd = await projectWith({ 'plugins/mail.ts': mail })
  const { code, stderr } = await sluice(['fail'], { cwd })
  expect(code).toBe(1)
  expect(stderr).toContain("the command 'fail' of plugin 'mail' threw: no network [plugin/threw]")
  expect(stderr).toContain('plugins/mail.ts:')
})

test('a plugin cannot take the name of a command of ours', async () => {
  const wrong = `export default { name: 'wrong', commands: { run: { description: 'x', run() {} } } }`
  const cwd = await projectWith({ 'plugins/mail.ts': mail, 'plugins/wrong.ts': wrong })
  const { code, stderr } = await sluice(['mail'], { cwd })
  expect(code).toBe(2)
  expect(stderr).toContain(
    "plugins/wrong.ts: plugin 'wrong': the command 'run' is taken by Sluice itself [plugin/clash]",
  )
})

test('a module that exports no plugin is a problem', async () => {
  const cwd = await projectWith({ 'plugins/none.ts': 'export const a = 1' })
  const { code, stderr } = await sluice(['mail'], { cwd })
  expect(code).toBe(2)
  expect(stderr).toContain('plugins/none.ts does not export a plugin as its default [plugin/invalid]')
})
