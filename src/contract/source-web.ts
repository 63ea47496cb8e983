/** What a source of addresses says beside them. */
export interface WebOptions {
  /** Headers of each request; a secret is written as `${env:NAME}`. They are not sent to another origin. */
  readonly headers?: { readonly [name: string]: string }
  /** For how long the server is not asked again, such as `'1h'`; each run asks when it is left out. */
  readonly refresh?: string
  /** How long one fetch may take; an hour when left out. */
  readonly timeout?: string
  /** How large a file may be, unpacked, such as `'500MB'`; 10 GB when left out. */
  readonly maxSize?: string
}

/** Headers that a fetch sets by itself, or that would change what an answer means. */
export const ownHeaders: readonly string[] = [
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Whether a path of a source is an address of the web. */
export function isAddress(path: string): boolean {
  return /^https?:\/\//i.test(path)
}

/** What is said of addresses, out of all options of a source; undefined when nothing is. */
export function webOf({ headers, refresh, timeout, maxSize }: WebOptions): WebOptions | undefined {
  const said: WebOptions = {
    ...(headers && { headers }),
    ...(refresh !== undefined && { refresh }),
    ...(timeout !== undefined && { timeout }),
    ...(maxSize !== undefined && { maxSize }),
  }
  return Object.keys(said).length > 0 ? said : undefined
}

/** The name of a source without the users and passwords of its addresses. */
export function withoutUser(name: string): string {
  return name.replace(/(\w:\/\/)[^/@\s]+@/g, '$1***@')
}
