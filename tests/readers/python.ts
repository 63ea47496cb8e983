import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sha256 } from '../../src/base/digest.ts'
import { missing } from '../required.ts'

const run = promisify(execFile)
const here = fileURLToPath(new URL('.', import.meta.url))

/** What a reader gives: rows as lists of texts, or its error. */
export interface Answer {
  readonly rows?: readonly unknown[]
  readonly error?: string
}

/** A request to `read_delta.py`. */
export interface ReadRequest {
  readonly path: string
  readonly version?: number
  /** Columns that are left out. */
  readonly skip?: readonly string[]
}

/**
 * The Python of an environment with the readers of `requirements.txt`, made once on a machine for each text of it.
 * Undefined, with a printed reason, where there is none; an error where `python-readers` is required.
 */
export async function pythonReaders(): Promise<string | undefined> {
  const requirements = path.join(here, 'requirements.txt')
  const id = sha256(await readFile(requirements)).slice(0, 12)
  const folder = path.join(tmpdir(), `sluice-test-readers-${id}`)
  const python = path.join(folder, 'bin/python')
  if (existsSync(python)) return python
  const building = `${folder}.${process.pid}`
  try {
    await run('python3', ['-m', 'venv', building])
    // Not the environment's own script, which holds its path: that changes below.
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--requirement',
      requirements,
    ]
    await run(path.join(building, 'bin/python'), install, { maxBuffer: 1 << 26 })
    await rename(building, folder)
    return python
  } catch (error) {
    await rm(building, { recursive: true, force: true })
    // Another process may have been faster.
    if (existsSync(python)) return python
    missing('python-readers', error instanceof Error ? error.message.slice(0, 600) : String(error))
    return undefined
  }
}

/** Asks `read_delta.py` in one process; gives the answers in order. */
export async function ask<T>(python: string, requests: readonly object[]): Promise<T[]> {
  const child = spawn(python, [path.join(here, 'read_delta.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  child.stdin.end(requests.map((request) => `${JSON.stringify(request)}\n`).join(''))
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const lines = text.trimEnd().split('\n')
  if (code !== 0 || lines.length !== requests.length)
    throw new Error(`the readers ended with ${String(code)}: ${text}`)
  return lines.map((line) => JSON.parse(line) as T)
}
