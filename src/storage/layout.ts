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
  checkpointFolder: (env: string) => `env/${env}/checkpoint/`,
  checkpoint: (env: string, number: number) => `env/${env}/checkpoint/${padded(number)}.json`,
  /** The number of a recent commit: only a hint, it may lag or be lost. */
  hint: (env: string) => `env/${env}/hint.json`,
  envFolder: 'env/',
  /** Up to which commit an environment is exported as Delta tables; follows from the log. */
  deltaCursor: (env: string) => `env/${env}/delta.json`,
  /** The Delta log of the table whose versions lie in a folder that ends in `/`. */
  deltaFolder: (root: string) => `${root}_delta_log/`,
  deltaLog: (root: string, number: number) => `${root}_delta_log/${padded(number)}.json`,
  /** The shared cache: fingerprint to versions. */
  step: (fingerprint: string) => `steps/${fingerprint}.json`,
  runFolder: (run: string) => `runs/${run}/`,
  run: (run: string, file: string) => `runs/${run}/${file}`,
  /** Rows that break a check, as Parquet. Names of tables and checks are safe in keys. */
  failures: (run: string, table: string, check: string) => `runs/${run}/failures/${table}/${check}.parquet`,
  failuresFolder: (run: string, table: string) => `runs/${run}/failures/${table}/`,
  runs: 'runs/',
  tables: 'tables/',
  steps: 'steps/',
  fingerprintOf: (key: string) => /^steps\/([0-9a-f]{16,128})\.json$/.exec(key)?.[1],
  /** What a live run reads, so that no cleaning deletes it. */
  pin: (run: string) => `pins/${run}.json`,
  pins: 'pins/',
  /** Records of cleanings. */
  gcFolder: 'gc/',
  gcClock: 'gc/clock.json',
  gcPlan: (id: string) => `gc/${id}/plan.json`,
  gcFinal: (id: string) => `gc/${id}/final.json`,
  gcPlanId: (key: string) => /^gc\/([^/]+)\/plan\.json$/.exec(key)?.[1],
  /** What was found damaged and moved out of the way. */
  quarantine: (id: string, key: string) => `quarantine/${id}/${key}`,
  /** Whether a key is that of an object in the folder of a version of a table. */
  isOfVersion: (key: string) => versionKey.test(key),
  isDigest: (key: string) => /\/digest-[^/]+\.json$/.test(key),
  manifestBeside: (key: string) => `${key.slice(0, key.lastIndexOf('/'))}/manifest.json`,
  /** The table and version of a key in the folder of a version. */
  partsOf: (key: string) => {
    const [, table = '', version = ''] = versionKey.exec(key) ?? []
    return { table, version }
  },
} as const

/** `tables/<notebook path>/<table>/<version>/<file>`: version ids are those of `lake/version-id.ts`. */
const versionKey =
  /^tables\/(?:[^/]+\/)*?([^/]+)\/([0-7][0-9abcdefghjkmnpqrstvwxyz]{25})\/(?:manifest\.json|digest-[^/]+\.json|.+\.parquet)$/

/** A commit number as it stands in keys, so that the order of keys is the order of commits. */
export function padded(number: number): string {
  return String(number).padStart(digits, '0')
}

/** The commit number of a key in a log or checkpoint folder, or undefined for any other key. */
export function numberOf(key: string): number | undefined {
  const match = /\/(\d{20})\.json$/.exec(key)
  return match?.[1] === undefined ? undefined : Number(match[1])
}
