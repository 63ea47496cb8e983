import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** The account and key that Azurite opens with; they are in its documentation and no secret. */
export const azuriteAccount = 'devstoreaccount1'
export const azuriteKey =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

export interface Azurite {
  readonly url: string
  stop(): Promise<void>
}

/** Starts Microsoft's Azurite in a process of its own on a free port; what it keeps is in memory. */
export async function azurite(): Promise<Azurite> {
  const script = join(dirname(require.resolve('azurite/package.json')), 'dist/src/blob/main.js')
  const folder = await mkdtemp(join(tmpdir(), 'sluice-azurite-'))
  const options = ['--inMemoryPersistence', '--skipApiVersionCheck', '--silent', '--disableTelemetry']
  const child = spawn(process.execPath, [script, ...options, '--blobPort', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const url = await listening(child)
  return {
    url,
    async stop() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function listening(child: ChildProcess): Promise<string> {
  const stop = new AbortController()
  const ended = once(child, 'exit', { signal: stop.signal }).then(() => {
    throw new Error('Azurite ended before it listened')
  })
  ended.catch(() => undefined)
  let text = ''
  const told = new Promise<string>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const url = /successfully listens on (http:\/\/[\d.]+:\d+)/.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  try {
    return await Promise.race([told, ended])
  } finally {
    stop.abort()
  }
}
