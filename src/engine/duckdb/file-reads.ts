import { walkQuery } from './scope.ts'
import { textIn, type ParsedQuery, type TreeNode } from './tree.ts'

/** Table functions that read files, and do nothing else. */
const readers = new Set([
  'read_csv',
  'read_csv_auto',
  'sniff_csv',
  'read_parquet',
  'parquet_scan',
  'parquet_schema',
  'parquet_metadata',
  'parquet_file_metadata',
  'read_json',
  'read_json_auto',
  'read_json_objects',
  'read_ndjson',
  'read_ndjson_auto',
  'read_ndjson_objects',
  'read_text',
  'read_blob',
  'glob',
])

/** Endings by which DuckDB takes the name of a table for that of a file. */
const fileName = /\.(?:csv|tsv|parquet|json|jsonl|ndjson)(?:\.(?:gz|zst))?$/i

/**
 * Whether a part of a query's tree reads files by path: a table function, the call in it, or a table that is
 * named like a file, as in `FROM 'data/*.csv'`. Only the notebook's `external: true` lets it pass the gate.
 */
export function readsFile(node: TreeNode): boolean {
  if (node['type'] === 'TABLE_FUNCTION') return readsFile(node['function'] as TreeNode)
  if (node['type'] === 'BASE_TABLE') {
    const isBare = textIn(node, 'catalog_name') === '' && textIn(node, 'schema_name') === ''
    return isBare && fileName.test(textIn(node, 'table_name'))
  }
  return 'function_name' in node && readers.has(textIn(node, 'function_name').toLowerCase())
}

/** Whether any part of a query reads files by path. */
export function readsFiles(query: ParsedQuery): boolean {
  let found = false
  walkQuery(query.node, (node) => {
    found ||= readsFile(node)
  })
  return found
}
