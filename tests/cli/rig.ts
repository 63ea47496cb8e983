import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const built = path.join(root, 'dist/cli/main.js')
/** The built program, or the same from its sources. */
const program = existsSync(built)
  ? [built]
  : [
      '--conditions=sluice-source',
      '--import',
      path.join(root, 'node_modules/tsx/dist/loader.mjs'),
      path.join(root, 'src/cli/main.ts'),
    ]

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface CallOptions {
  readonly cwd?: string
  readonly env?: { readonly [name: string]: string }
}

/** Starts `sluice` as a process. Without a terminal and without colours. */
export function startSluice(words: readonly string[], { cwd = root, env = {} }: CallOptions = {}) {
  const { FORCE_COLOR: _force, SLUICE_ENV: _env, SLUICE_DEBUG: _debug, ...inherited } = process.env
  return spawn(process.execPath, [...program, ...words], { cwd, env: { ...inherited, ...env } })
}

/** Runs `sluice` as a process and waits for its end. */
export function sluice(words: readonly string[], options: CallOptions = {}): Promise<Ended> {
  const child = startSluice(words, options)
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...texts }))
  })
}

/** A new empty folder, gone after the test. */
export async function emptyFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'sluice-cli-')))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The project that `init` makes, with the packages that it would install. */
export async function exampleProject(): Promise<string> {
  const folder = await emptyFolder()
  await sluice(['init'], { cwd: folder })
  const packages = path.join(folder, 'node_modules')
  await mkdir(packages)
  await symlink(root, path.join(packages, 'sluice'))
  await symlink(path.join(root, 'node_modules/zod'), path.join(packages, 'zod'))
  return folder
}
