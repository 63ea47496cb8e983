import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkServerIdentity, type ConnectionOptions } from 'node:tls'
import type { SslMode } from './config.ts'

/** Where TLS is asked for, and whom it trusts. */
export interface TlsAsk {
  /** The project's folder. */
  readonly root: string
  readonly host: string
  readonly mode: SslMode
  /** A file of authorities, from the project; `system` stands for those that Node knows. */
  readonly rootcert: string | undefined
}

/**
 * TLS as libpq does it (PostgreSQL, "SSL Mode Descriptions"): with a file of authorities, `require` proves what
 * `verify-ca` does. Throws what is wrong with the settings as a text.
 */
export function tlsOptions({ root, host, mode, rootcert }: TlsAsk): false | ConnectionOptions {
  // What goes over a socket of this machine is not encrypted, whatever is said.
  if (mode === 'disable' || host.startsWith('/')) return false
  const isSystem = rootcert === 'system'
  if (isSystem && mode !== 'verify-full')
    throw new TlsSetting("'sslrootcert: system' is for 'sslmode: verify-full'")
  if (mode === 'prefer' && rootcert !== undefined)
    throw new TlsSetting("'sslrootcert' proves nothing with 'sslmode: prefer'", 'say `sslmode: verify-full`')
  const named = /^[\d.]+$|:/.test(host) ? {} : { servername: host }
  const trusted = rootcert === undefined || isSystem ? {} : { ca: authorities(root, rootcert) }
  if (mode === 'prefer' || (mode === 'require' && rootcert === undefined))
    return { rejectUnauthorized: false, ...named }
  return {
    rejectUnauthorized: true,
    ...trusted,
    ...named,
    // With an address in place of a name, some drivers compare the certificate with 'localhost'.
    checkServerIdentity: (_, cert) => (mode === 'verify-full' ? checkServerIdentity(host, cert) : undefined),
  }
}

/** A setting of TLS that cannot be meant. */
export class TlsSetting extends Error {
  readonly hint: string | undefined
  constructor(fault: string, hint?: string) {
    super(fault)
    this.hint = hint
  }
}

function authorities(root: string, file: string): string {
  let text: string
  try {
    text = readFileSync(resolve(root, file), 'utf8')
  } catch {
    throw new TlsSetting(`the file of 'sslrootcert' cannot be read: ${file}`)
  }
  // Node trusts nobody then, and says nothing of the file.
  if (!/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(text))
    throw new TlsSetting(`the file of 'sslrootcert' holds no certificate: ${file}`, 'it must be in PEM form')
  return text
}
