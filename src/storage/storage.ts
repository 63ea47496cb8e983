/**
 * Bytes under keys. A key is a relative path with `/`, made only by `layout.ts`; it never holds `..`.
 * Every driver passes the suite in `tests/storage/suite.ts`.
 *
 * The one primitive that all of Sluice's guarantees stand on is `putIfAbsent`.
 */
export interface Storage {
  readonly kind: string
  /** How people are told where this is: a folder or an URL, never with a secret. */
  readonly place: string

  /** The bytes of an object, or undefined when there is none. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Size and a token that changes with the content where the store has one cheaply, or undefined when absent. */
  stat(key: string): Promise<ObjectStat | undefined>
  /**
   * Creates an object only if there is none, durably and whole: true when this call created it. Readers see
   * all of it or nothing. Where a reply is lost, a remote store asks whether the object is this call's own
   * (each creation has a mark of its own, so equal bytes of another are not taken for ours). An outcome that
   * stays unknown throws; the caller reads back and compares.
   */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>
  /** Creates or replaces an object, whole. Only for hints and caches: what is lost with it can be found again. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Deletes objects; those that are absent are no error. */
  delete(keys: readonly string[]): Promise<void>
  /** Keys under a prefix (a folder, ending in `/`), in ascending order of bytes, optionally those after a key. */
  list(prefix: string, options?: { readonly after?: string }): AsyncIterable<ListedObject>

  /** A new local folder where files for `prefix` can be written before `publish`, on the same device where there is one. */
  stage(prefix: string): Promise<string>
  /**
   * Makes the files of a staged folder appear under `prefix`, durably; `prefix` is new. Files are given by
   * name. Afterwards the staged folder is gone. They are reachable only once a manifest names them.
   */
  publish(staged: string, prefix: string, files: readonly string[]): Promise<void>
  /** Removes a staged folder that will not be published. */
  discard(staged: string): Promise<void>
  /**
   * Removes staged folders and temporary objects that nobody has written to since a time (ms since 1970, by the
   * clock of the store): what processes that were killed have left. Gives their number.
   */
  sweep(before: number): Promise<number>
  /**
   * A path on this machine where the object's bytes can be read. Remote stores fill a cache: with `expected`
   * it is keyed by content, and bytes that are others throw `storage/corrupt`. A local store ignores it.
   */
  localPath(key: string, expected?: ExpectedContent): Promise<string>
  /** Local path without any I/O where the store is a folder; undefined for remote stores. */
  pathOf(key: string): string | undefined

  close(): Promise<void>
}

/** What an object's manifest says of its bytes. */
export interface ExpectedContent {
  readonly size: number
  /** BLAKE3, 64 hexadecimal digits, as `hashFile` gives it. */
  readonly hash: string
  /** The copy on this machine was found to be damaged: it is fetched again. */
  readonly again?: boolean
}

export interface ObjectStat {
  readonly size: number
  /** On a local disk `size:mtimeNs:ctimeNs:ino`; an ETag on a bucket. */
  readonly token: string
}

export interface ListedObject {
  readonly key: string
  readonly size: number
  /** When its bytes came to be as they are, in ms since 1970, by the clock of the store. */
  readonly modified: number
}
