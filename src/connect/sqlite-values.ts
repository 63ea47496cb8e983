import { quotedName, type SqlColumn } from './connection.ts'

/**
 * A row as one line of the exchange form, put together by SQLite itself: a value may be of any type, whatever its
 * column says. NULL stands for a row with a text that holds a NUL character, which ends texts in the driver.
 */
export function exchangeLine(columns: readonly SqlColumn[]): string {
  const fields = columns.map(({ name }) => fieldOf(quotedName(name)))
  const nuls = columns.map(({ name }) => {
    const value = quotedName(name)
    return `(typeof(${value}) = 'text' AND instr(${value}, char(0)) > 0)`
  })
  return `CASE WHEN ${nuls.join(' OR ')} THEN NULL ELSE ${fields.join(" || ',' || ")} END`
}

function fieldOf(value: string): string {
  return `CASE typeof(${value}) WHEN 'null' THEN '' WHEN 'text' THEN '"' || replace(${value}, '"', '""') || '"'
    WHEN 'blob' THEN '"\\x' || hex(${value}) || '"' WHEN 'real' THEN '"' || ${realText(value)} || '"'
    ELSE '"' || ${value} || '"' END`
}

/** The shorter of the texts that give the same number back. */
function realText(value: string): string {
  const short = `printf('%!.15g', ${value})`
  return `CASE WHEN CAST(${short} AS REAL) = ${value} THEN ${short} ELSE printf('%!.17g', ${value}) END`
}

/** A value of the exchange form as SQLite keeps values of a type of contracts. */
export function loadValue(type: string, place: number): string {
  const value = `?${place}`
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT)$/.test(type)) return `CAST(${value} AS INTEGER)`
  if (/^(FLOAT|DOUBLE)$/.test(type)) return `CAST(${value} AS REAL)`
  if (type === 'BLOB') return `unhex(substr(${value}, 3))`
  if (type === 'BOOLEAN')
    return `CASE ${value} WHEN 'true' THEN 1 WHEN 't' THEN 1 WHEN 'false' THEN 0 WHEN 'f' THEN 0 END`
  return value
}
