/** What Sluice keeps on this machine for a project: git-ignored, and safe to delete. */
export const cacheFolder = '.sluice'

/**
 * Names that become folders, files and identifiers. They are kept to what every store, file system and
 * engine takes, so that a lake can be moved anywhere.
 */
const word = /^[A-Za-z_][A-Za-z0-9_-]*$/
/** Device names that Windows refuses as file names, with any ending (Microsoft, "Naming Files, Paths, and Namespaces"). */
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i

/** Why a table name is refused, or undefined when it is good: up to four words, joined by dots. */
export function tableNameFault(name: string): string | undefined {
  if (name.length > 200) return 'is longer than 200 characters'
  const segments = name.split('.')
  if (segments.length > 4) return 'has more than four parts'
  return segments.map(segmentFault).find((fault) => fault !== undefined)
}

/** Why a name of a step, flow, environment, storage or run is refused, or undefined when it is good. */
export function segmentFault(name: string): string | undefined {
  if (name === '') return 'has an empty part'
  if (name.length > 100) return 'has a part that is longer than 100 characters'
  if (!word.test(name)) return 'may hold only letters, digits, _ and -, and starts with a letter or _'
  if (reserved.test(name)) return `uses '${name}', which Windows reserves`
  return undefined
}

/** Why a column name is refused, or undefined when it is good. Headers of real files have spaces; that is fine. */
export function columnNameFault(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name.length > 200) return 'is longer than 200 characters'
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'holds a control character'
  if (!name.isWellFormed()) return 'holds half of a surrogate pair, which no file can hold'
  if (name !== name.trim()) return 'starts or ends with a space'
  return undefined
}

/** Pairs of names that differ in the case of letters only, which some file systems and DuckDB cannot tell apart. */
export function caseClashes(names: Iterable<string>): [string, string][] {
  const seen = new Map<string, string>()
  const clashes: [string, string][] = []
  for (const name of names) {
    const other = seen.get(name.toLowerCase())
    if (other === undefined) seen.set(name.toLowerCase(), name)
    else if (other !== name) clashes.push([other, name])
  }
  return clashes
}
