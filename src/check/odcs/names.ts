/** The folder of the lock, below the project. */
export const lockFolder = 'contracts'
/** How its files end. */
export const lockEnding = '.odcs.yaml'

/** The file of the lock that keeps a table's contract. Names of tables are safe as names of files. */
export function lockFileOf(table: string): string {
  return `${lockFolder}/${table}${lockEnding}`
}

/** A name as an id of ODCS, which has letters, digits, `_` and `-` only. Names can share one. */
export function idOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_')
}

/** A column of another table as ODCS names it: the file, and the way to it in there by ids. */
export function referenceTo(table: string, column: string): string {
  return `${table}${lockEnding}#schema/${idOf(table)}/properties/${idOf(column)}`
}

/** The table and column behind a reference; the column as far as its id tells. */
export function referenceIn(text: string): { readonly table: string; readonly column: string } | undefined {
  const full = /^(?:.*\/)?([^/#]+?)(?:\.odcs)?\.ya?ml#\/?schema\/[^/]+\/properties\/([^/]+)$/.exec(text)
  if (full?.[1] !== undefined && full[2] !== undefined) return { table: full[1], column: full[2] }
  const inside = /^\/?schema\/([^/]+)\/properties\/([^/]+)$/.exec(text) ?? /^(.+)\.([^.]+)$/.exec(text)
  if (inside?.[1] === undefined || inside[2] === undefined) return undefined
  return { table: inside[1], column: inside[2] }
}
