import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { placeText, problemsOf } from '../../src/base/problem.ts'
import type { Problem } from '../../src/base/problem.ts'
import { openStorage, readStorageConfig, storageConfigFile } from '../../src/storage/config.ts'
import { bytesOf, textOf } from './objects.ts'

let project: string
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'sluice-config-'))
  await mkdir(join(project, 'storage'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(project, { recursive: true, force: true })
})

async function configOf(text: string, name = 'lake') {
  await writeFile(storageConfigFile(project, name), text)
  return readStorageConfig(project, name)
}

async function problems(work: Promise<unknown>): Promise<readonly Problem[]> {
  const error: unknown = await work.catch((thrown: unknown) => thrown)
  return problemsOf(error) ?? []
}

const brief = ({ where, message, hint }: Problem) =>
  `${where ? placeText(where) : ''} ${message}${hint === undefined ? '' : ` | ${hint}`}`

/** Which of the two packages a process imports that reads the default storage and opens it. */
function packagesLoaded(): string[] {
  const hooks = `import { writeSync } from 'node:fs'
    export const resolve = (name, context, next) => (writeSync(2, 'import ' + name + '\\n'), next(name, context))`
  const register = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(hooks))})`
  const script = `const { openStorage, readStorageConfig } = await import(${JSON.stringify(configModule)})
    await openStorage(await readStorageConfig(${JSON.stringify(project)}, 'local'))`
  const args = ['--import', 'tsx', '--import', dataUrl(register), '--input-type=module', '--eval', script]
  const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(status).toBe(0)
  expect(stderr).toContain('./local.ts')
  return ['yaml', 'zod'].filter((name) => stderr.includes(`import ${name}\n`))
}

const configModule = new URL('../../src/storage/config.ts', import.meta.url).href
const dataUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`

describe('the configuration of a storage', () => {
  it('of `local` is a lake in storage/lake when there is no file', async () => {
    const config = await readStorageConfig(project, 'local')
    expect(config).toEqual({
      name: 'local',
      kind: 'local',
      project,
      root: join(project, 'storage/lake'),
      options: {},
    })
    const storage = await openStorage(config)
    await storage.put('a', bytesOf('x'))
    expect(storage.pathOf('a')).toBe(join(project, 'storage/lake/a'))
  })

  it('loads zod and yaml only when there is a file', async () => {
    expect(packagesLoaded()).toEqual([])
    await writeFile(storageConfigFile(project, 'local'), 'kind: local')
    expect(packagesLoaded()).toEqual(['yaml', 'zod'])
  })

  it.each([
    ['kind: local', 'storage/lake'],
    ['kind: local\nroot: ../elsewhere', '../elsewhere'],
    ['# a comment\nkind: local\nroot: "/mnt/lake"', '/mnt/lake'],
  ])('reads %j', async (text, root) => {
    const config = await configOf(text)
    expect(config.root).toBe(root.startsWith('/') ? root : join(project, root))
    expect(JSON.parse(JSON.stringify(config))).toEqual(config)
  })

  it('opens a storage in memory', async () => {
    const storage = await openStorage(await configOf('kind: memory'))
    await storage.put('a', bytesOf('x'))
    expect(storage.kind).toBe('memory')
    expect(textOf(await storage.get('a'))).toBe('x')
    await storage.close()
  })

  it.each<[string, string, string[]]>([
    [
      'an unknown key',
      'kind: local\nrot: x\n',
      ["storage/lake.yaml:2:1 storage 'lake': the kind 'local' has no key 'rot' | did you mean 'root'?"],
    ],
    [
      'all mistakes at once',
      'rooot: x\nkind: local\nroot: 5\nother: ${HOME}\n',
      [
        "storage/lake.yaml:1:1 storage 'lake': the kind 'local' has no key 'rooot' | did you mean 'root'?",
        "storage/lake.yaml:3:7 storage 'lake': 'root': Invalid input: expected string, received number",
        "storage/lake.yaml:4:1 storage 'lake': the kind 'local' has no key 'other' | there is 'kind', 'root'",
        "storage/lake.yaml:4:8 storage 'lake': 'other' holds a reference that is not of the form ${env:NAME} | the name has letters, digits and _",
      ],
    ],
    [
      'an unknown kind',
      'root: x\nkind: locl\n',
      ["storage/lake.yaml:2:7 storage 'lake': there is no kind of storage \"locl\" | did you mean 'local'?"],
    ],
    [
      'no kind',
      'root: x\n',
      [
        "storage/lake.yaml:1:1 storage 'lake': the key 'kind' is missing | there is 'local', 'memory', 's3', 'azure', 'gcs'",
      ],
    ],
    [
      'an empty root',
      'kind: local\nroot: ""\n',
      ["storage/lake.yaml:2:7 storage 'lake': 'root': Too small: expected string to have >=1 characters"],
    ],
    [
      'a root for the memory',
      'kind: memory\nroot: x\n',
      ["storage/lake.yaml:2:1 storage 'lake': the kind 'memory' has no key 'root' | there is 'kind'"],
    ],
    [
      'an empty file',
      '',
      [
        "storage/lake.yaml:1:1 storage 'lake': the file must be a list of keys and values, such as 'kind: local'",
      ],
    ],
    [
      'a key twice',
      'kind: local\nkind: memory\n',
      ["storage/lake.yaml:2:1 storage 'lake': Map keys must be unique"],
    ],
    [
      'an alias of nothing',
      'kind: local\nroot: *there\n',
      [
        "storage/lake.yaml:1:1 storage 'lake': Unresolved alias (the anchor must be set before the alias): there",
      ],
    ],
    ['broken YAML', 'kind: [local\nroot: }', []],
  ])('tells %s with its place', async (_, text, expected) => {
    const found = await problems(configOf(text))
    expect(found.length).toBeGreaterThan(0)
    expect(found.every(({ code, where }) => code === 'storage/config-invalid' && where?.line)).toBe(true)
    if (expected.length > 0) expect(found.map(brief)).toEqual(expected)
  })

  it('of another name needs a file', async () => {
    await writeFile(join(project, 'storage/bucket.yaml'), 'kind: memory')
    const [problem] = await problems(readStorageConfig(project, 'buket'))
    expect(problem?.code).toBe('storage/config-invalid')
    expect(problem?.hint).toBe("did you mean 'bucket'?")
  })

  it('is not taken from a .yml file, nor is that passed over', async () => {
    await writeFile(join(project, 'storage/local.yml'), 'kind: memory')
    const [problem] = await problems(readStorageConfig(project, 'local'))
    expect(problem?.message).toBe('storage/local.yml is not read')
  })

  it.each(['../secret', 'a/b', '', 'con', 'a\0'])('refuses the name %j', async (name) => {
    expect((await problems(readStorageConfig(project, name))).map(({ code }) => code)).toEqual([
      'project/name-invalid',
    ])
  })
})

describe('a reference to the environment', () => {
  const secret = 'tok3n-of-the-lake'

  it('is resolved when the storage is opened, and kept out of the configuration and of messages', async () => {
    vi.stubEnv('SLUICE_TEST_LAKE', join(project, secret))
    const config = await configOf('kind: local\nroot: ${env:SLUICE_TEST_LAKE}/inner')
    expect(JSON.stringify(config)).not.toContain(secret)
    const storage = await openStorage(config)
    expect(storage.pathOf('a')).toBe(join(project, secret, 'inner/a'))
    expect(storage.place).not.toContain(secret)
    await storage.put('a/b', bytesOf('x'))
    const [problem] = await problems(storage.get('a'))
    expect(problem?.message).toContain('${env:SLUICE_TEST_LAKE}/inner')
    expect(JSON.stringify(problem)).not.toContain(secret)
  })

  it('may give a folder relative to the project', async () => {
    vi.stubEnv('SLUICE_TEST_LAKE', 'there')
    const storage = await openStorage(await configOf('kind: local\nroot: ${env:SLUICE_TEST_LAKE}'))
    expect(storage.pathOf('a')).toBe(join(project, 'there/a'))
  })

  it('is a Problem when a variable is not set or empty, with all of them at once', async () => {
    vi.stubEnv('SLUICE_TEST_EMPTY', '')
    const config = await configOf('kind: local\nroot: ${env:SLUICE_TEST_UNSET}/${env:SLUICE_TEST_EMPTY}')
    const found = await problems(openStorage(config))
    expect(found.map(({ message }) => /variable (\w+)/.exec(message)?.[1])).toEqual([
      'SLUICE_TEST_UNSET',
      'SLUICE_TEST_EMPTY',
    ])
    expect(found[0]?.where?.file).toBe('storage/lake.yaml')
  })
})
