import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { missing } from '../required.ts'

/** A certificate with its key, as PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** An authority of the tests' own, which signs certificates for servers. */
export interface Authority {
  readonly cert: string
  /**
   * A certificate for a server.
   *
   * @param names as OpenSSL writes them, such as `DNS:localhost, IP:127.0.0.1`; none at all when left out
   * @param days how long it holds; -1: until yesterday
   */
  sign(subject: string, names?: string, days?: number): Promise<Certificate>
}

export function opensslIsThere(): boolean {
  if (spawnSync('openssl', ['version']).status === 0) return true
  missing('openssl', 'no openssl in PATH')
  return false
}

/** Makes an authority by the program `openssl`. */
export async function makeAuthority(name: string): Promise<Authority> {
  const { cert, key } = await inFolder(async (folder) => {
    newKey(folder)
    openssl(
      folder,
      'req',
      '-x509',
      '-new',
      '-key',
      'key',
      '-subj',
      `/CN=${name}`,
      '-days',
      '30',
      '-out',
      'cert',
    )
    return pairIn(folder)
  })
  const sign: Authority['sign'] = (subject, names, days = 30) =>
    inFolder(async (folder) => {
      await writeFile(path.join(folder, 'ca'), cert)
      await writeFile(path.join(folder, 'ca-key'), key)
      newKey(folder)
      openssl(folder, 'req', '-new', '-key', 'key', '-subj', `/CN=${subject}`, '-out', 'request')
      await writeFile(path.join(folder, 'more'), names === undefined ? '' : `subjectAltName=${names}\n`)
      const by = ['-CA', 'ca', '-CAkey', 'ca-key', '-set_serial', String(Date.now()), '-extfile', 'more']
      openssl(folder, 'x509', '-req', '-in', 'request', ...by, '-days', String(days), '-out', 'cert')
      return pairIn(folder)
    })
  return { cert, sign }
}

function newKey(folder: string): void {
  openssl(folder, 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'key')
}

function openssl(folder: string, ...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`)
}

async function pairIn(folder: string): Promise<Certificate> {
  const [cert, key] = ['cert', 'key'].map((name) => readFile(path.join(folder, name), 'utf8'))
  return { cert: (await cert) ?? '', key: (await key) ?? '' }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-cert-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
