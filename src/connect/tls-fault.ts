/** Why TLS with a server failed. */
export interface TlsFault {
  /** `protocol`: not its certificate, but how TLS is spoken. */
  readonly about: 'authority' | 'name' | 'time' | 'certificate' | 'protocol'
  /** Of the certificate, as the end of a sentence. */
  readonly what: string
}

const unknown = ['authority', 'its authority is not known'] as const

const certificates: Readonly<Record<string, readonly [TlsFault['about'], string]>> = {
  CERT_HAS_EXPIRED: ['time', 'it has expired'],
  CERT_NOT_YET_VALID: ['time', 'it is not valid yet'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['name', 'it is for another name'],
  SELF_SIGNED_CERT_IN_CHAIN: unknown,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknown,
  UNABLE_TO_GET_ISSUER_CERT: unknown,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknown,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknown,
}

/** So much of what a certificate says of itself is told. */
const mostLetters = 200

/** What an error of TLS means (Node, "TLS", "X509 certificate error codes"); undefined for any other error. */
export function tlsFault(error: Error): TlsFault | undefined {
  const { code = '', cert } = error as Error & { readonly code?: string; readonly cert?: ShownCertificate }
  const known = certificates[code]
  if (known) {
    const [about, what] = known
    const names = about === 'name' ? namesOf(cert) : ''
    return { about, what: names === '' ? what : `${what} (${names})` }
  }
  if (/CERT|CRL|SIGNATURE|UNABLE_TO/.test(code)) return { about: 'certificate', what: code }
  return /^ERR_SSL|^ERR_TLS|^EPROTO$/.test(code) ? { about: 'protocol', what: code } : undefined
}

interface ShownCertificate {
  readonly subjectaltname?: string
  readonly subject?: { readonly CN?: string | readonly string[] }
}

/** The names that a certificate is for. */
function namesOf(cert: ShownCertificate | undefined): string {
  const names = cert?.subjectaltname ?? String(cert?.subject?.CN ?? '')
  return names.length > mostLetters ? `${names.slice(0, mostLetters)}...` : names
}
