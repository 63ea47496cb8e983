/**
 * Where everything lies in a storage: the only module that makes keys. `docs/storage-layout.md` describes the
 * format. Names are checked (`base/names.ts`) before they come here.
 */
const digits = 20

export const layout = {
  /** Format and id of the lake; created once. */
  lake: 'sluice.json',
  /** Folder of a table: derived from the notebook's path, so that from a file you can tell the code. */
  table: (folder: string, table: string) => `tables/${folder}/${table}/`,
  version: (folder: string, table: string, version: string) => `tables/${folder}/${table}/${version}/`,
  manifest: (folder: string, table: string, version: string) =>
    `tables/${folder}/${table}/${version}/manifest.json`,
  /** Content digest of a version or of a projection of it, beside its manifest. */
  contentDigest: (manifestKey: string, projection: string) =>
    `${manifestKey.slice(0, manifestKey.lastIndexOf('/'))}/digest-${projection}.json`,
  logFolder: (env: string) => `env/${env}/log/`,
  log: (env: string, number: number) => `env/${env}/log/${padded(number)}.json`,
  checkpoint: (env: string, number: number) => `env/${env}/checkpoint/${padded(number)}.json`,
  /** The number of a recent commit: only a hint, it may lag or be lost. */
  hint: (env: string) => `env/${env}/hint.json`,
  envFolder: 'env/',
  /** The shared cache: fingerprint to versions. */
  step: (fingerprint: string) => `steps/${fingerprint}.json`,
  runFolder: (run: string) => `runs/${run}/`,
  run: (run: string, file: string) => `runs/${run}/${file}`,
  /** Rows that break a check, as Parquet. Names of tables and checks are safe in keys. */
  failures: (run: string, table: string, check: string) => `runs/${run}/failures/${table}/${check}.parquet`,
  failuresFolder: (run: string, table: string) => `runs/${run}/failures/${table}/`,
  runs: 'runs/',
} as const

/** A commit number as it stands in keys, so that the order of keys is the order of commits. */
export function padded(number: number): string {
  return String(number).padStart(digits, '0')
}

/** The commit number of a key in a log or checkpoint folder, or undefined for any other key. */
export function numberOf(key: string): number | undefined {
  const match = /\/(\d{20})\.json$/.exec(key)
  return match?.[1] === undefined ? undefined : Number(match[1])
}
