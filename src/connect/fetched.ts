/** A source from elsewhere, as files of this machine. */
export interface Fetched {
  /** Absolute paths, in order. */
  readonly files: readonly string[]
  /** How each is called in reasons and messages. */
  readonly names: readonly string[]
  /** The content version of each, by name. */
  readonly hashes: { readonly [name: string]: string }
  /** What a person should know of it. */
  readonly notes?: readonly string[]
}

/** What fetching needs of its surroundings. */
export interface Fetching {
  /** The project's folder. */
  readonly root: string
  /** BLAKE3 of a file's content, or null when there is no such file; known files are not read again. */
  readonly hashOf: (file: string) => Promise<string | null>
  readonly signal?: AbortSignal
  /** Told before a database is read whole, because its source says nothing else: that may take long. */
  readonly reading?: (source: string) => void
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Waits so many milliseconds; throws when the signal says so. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>
}
