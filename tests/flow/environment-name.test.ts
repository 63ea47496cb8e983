import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { currentBranch } from '../../src/flow/branch.ts'
import { beginsFrom, environmentOf } from '../../src/flow/environment-name.ts'
import { parseConfig } from '../../src/flow/project-config.ts'

let root: string
const said = process.env['SLUICE_ENV']
beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'sluice-branch-')))
  delete process.env['SLUICE_ENV']
})
afterAll(async () => {
  if (said !== undefined) process.env['SLUICE_ENV'] = said
  await rm(root, { recursive: true, force: true })
})

/** A folder of a repository whose `HEAD` has a text. */
async function repository(name: string, head: string): Promise<string> {
  const folder = path.join(root, name)
  await mkdir(path.join(folder, '.git'), { recursive: true })
  await writeFile(path.join(folder, '.git/HEAD'), head)
  return folder
}

const rules = parseConfig(
  `env: dev
protected: [prod, released]
branches:
  - { branch: main, env: staging }
  - { branch: release/*, env: released }
  - { branch: '*', env: 'dev_{branch}' }
`,
  'sluice.yaml',
)

describe('the branch of a folder', () => {
  it('is that of the repository above, also below a worktree', async () => {
    const folder = await repository('plain', 'ref: refs/heads/feature/fares\n')
    await mkdir(path.join(folder, 'a/b'), { recursive: true })
    expect(currentBranch(path.join(folder, 'a/b'), {})).toBe('feature/fares')
    const tree = path.join(root, 'tree')
    await mkdir(path.join(folder, '.git/worktrees/tree'), { recursive: true })
    await mkdir(tree)
    await writeFile(path.join(tree, '.git'), `gitdir: ../plain/.git/worktrees/tree\n`)
    await writeFile(path.join(folder, '.git/worktrees/tree/HEAD'), 'ref: refs/heads/fix\n')
    expect(currentBranch(tree, {})).toBe('fix')
  })

  it('is what CI says where a commit is checked out, and unknown elsewhere', async () => {
    const folder = await repository('detached', `${'ab'.repeat(20)}\n`)
    expect(currentBranch(folder, { GITHUB_HEAD_REF: '', GITHUB_REF_NAME: 'main' })).toBe('main')
    expect(currentBranch(folder, {})).toBeUndefined()
    expect(currentBranch(root, { GITHUB_REF_NAME: 'main' })).toBeUndefined()
  })
})

describe('the environment of a command', () => {
  it.each([
    ['feature/New Fares!', 'dev_feature-new-fares'],
    ['main', 'staging'],
    ['mainly', 'dev_mainly'],
  ])('of branch %s is %s', async (branch, env) => {
    const folder = await repository(env, `ref: refs/heads/${branch}\n`)
    expect(environmentOf({ root: folder, config: rules }, undefined)).toBe(env)
    expect(environmentOf({ root: folder, config: rules }, 'other')).toBe('other')
  })

  it('is `env` where no rule fits', () => {
    expect(environmentOf({ root, config: rules }, undefined)).toBe('dev')
  })

  it('is never a protected one by a rule, but to look at', async () => {
    const folder = await repository('release', 'ref: refs/heads/release/7\n')
    const project = { root: folder, config: rules }
    expect(environmentOf(project, undefined, { reads: true })).toBe('released')
    expect(environmentOf(project, 'released')).toBe('released')
    let problems
    try {
      environmentOf(project, undefined)
    } catch (error) {
      problems = problemsOf(error)
    }
    expect(problems).toMatchObject([
      { code: 'env/protected', message: expect.stringContaining("by branch 'release/7'") as unknown },
    ])
  })
})

it('begins from the one that its own name says, then from that of a pattern, never from itself', () => {
  const config = parseConfig(
    `environments: { '*': { from: prod }, 'dev_*': { from: staging }, dev_x: { from: dev } }`,
    'sluice.yaml',
  )
  expect(['dev_x', 'dev_y', 'prod'].map((env) => beginsFrom(config, env))).toEqual(['dev', 'prod', undefined])
})
