import accessors from '@duckdb/node-api/lib/vectors/dataAccessors.js'

/**
 * Makes texts come from DuckDB as they are. Its client decodes all of them by one decoder, and that takes a byte
 * order mark at the begin of a text away (WHATWG Encoding Standard, "ignoreBOM").
 */
export function keepByteOrderMarks(): void {
  Object.assign(accessors, { textDecoder: new TextDecoder('utf-8', { ignoreBOM: true }) })
}
