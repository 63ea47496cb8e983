import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { absentPlugins } from '../../src/flow/plugin-files.ts'
import { findProject } from '../../src/flow/project.ts'
import { parseConfig } from '../../src/flow/project-config.ts'

let folder: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'sluice-project-')))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function made(name: string): Promise<string> {
  const full = path.join(folder, name)
  await mkdir(full, { recursive: true })
  return full
}

describe('the project of a folder', () => {
  it('is the nearest one upwards', async () => {
    const inner = await made('near/notebooks/silver')
    await writeFile(path.join(folder, 'near/sluice.yaml'), '')
    expect((await findProject(inner)).root).toBe(path.join(folder, 'near'))
  })

  it.skipIf(process.platform === 'win32')(
    'is not above in a folder where everybody may put files, as in /tmp',
    async () => {
      const shared = await made('shared')
      const inner = await made('shared/of/somebody')
      await writeFile(path.join(shared, 'sluice.yaml'), '')
      await chmod(shared, 0o1777)
      await expect(findProject(inner)).rejects.toThrow('no Sluice project')
      // Who stands in it means it.
      expect((await findProject(shared)).root).toBe(shared)
      await chmod(shared, 0o0777)
      expect((await findProject(inner)).root).toBe(shared)
    },
  )
})

const aliases = ['a: &a [1,1,1,1,1,1,1,1,1]']
for (const [one, other] of ['ab', 'bc', 'cd', 'de'])
  aliases.push(`${other}: &${other} [${Array.from({ length: 9 }, () => `*${one}`).join(',')}]`)

describe('a configuration is refused', () => {
  it.each([
    ['timeout: 5 parsecs', "`timeout`: no length of time, such as '30s'", { line: 1, column: 10 }],
    ['[]', "holds no settings, such as 'env: dev'", { line: 1, column: 1 }],
    ['just words', "holds no settings, such as 'env: dev'", { line: 1, column: 1 }],
    ['env: 1', '`env`: expected string', { line: 1, column: 6 }],
    [aliases.join('\n'), 'Excessive alias count', {}],
    ['a: *nobody', 'Unresolved alias', {}],
    ['__proto__: 1', 'no setting `__proto__`', { line: 1, column: 1 }],
  ])('%j', (text, message, place) => {
    let problems
    try {
      parseConfig(text, 'sluice.yaml')
    } catch (error) {
      problems = problemsOf(error)
    }
    expect(problems?.[0]).toMatchObject({
      code: 'project/config-invalid',
      message: expect.stringContaining(message) as unknown,
      where: { file: 'sluice.yaml', ...place },
    })
  })
})

it('tells plugins that are no files', async () => {
  await writeFile(path.join(folder, 'mail.ts'), '')
  const names = ['mail.ts', 'nope', 'node:fs', 'https://x.test/y.js', 'data:text/javascript,1']
  expect(absentPlugins(folder, names).map(({ code, message }) => [code, message])).toEqual(
    names.slice(1).map((name) => ['plugin/invalid', `the plugin '${name}' is no file`]),
  )
})
