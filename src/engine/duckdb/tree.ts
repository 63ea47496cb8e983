import { sha256 } from '../../base/digest.ts'
import { isObject } from '../../base/form.ts'
import { VARCHAR } from '@duckdb/node-api'
import type { ProblemCode } from '../../base/codes.ts'
import type { Connection } from './connection.ts'

/** A node of a statement's syntax tree as `json_serialize_sql` gives it. */
export type TreeNode = { readonly [key: string]: unknown }

/** A single SELECT, parsed. */
export interface ParsedQuery {
  /** The query node: a SELECT, a set operation or a recursive CTE. */
  readonly node: TreeNode
  /** SHA-256 of the tree without places. */
  readonly digest: string
}

/** Why a text is not a single SELECT. */
export interface ParseFault {
  readonly code: ProblemCode
  readonly message: string
  readonly offset?: number
  readonly hint?: string
}

/**
 * Places and the map of parameters, whose order changes from run to run, as they stand in the JSON text. In
 * strings of the JSON a quote has a backslash before it, so that a query cannot imitate them.
 */
const places = /,"query_location":\d+|,"named_param_map":\[[^\]]*\]/g
/** JSON knows no such numbers; DuckDB writes them for literals like 1e400. */
const notJson = /"value":(-?)(Infinity|NaN)/gi

/** Parses a query by DuckDB's own parser (documented under "SQL to and from JSON" in its manual). */
export async function parseQuery(connection: Connection, text: string): Promise<ParsedQuery | ParseFault> {
  const row = await connection.row('SELECT json_serialize_sql($1::VARCHAR) AS tree', {
    values: [text],
    types: [VARCHAR],
  })
  return readTree(text, String(row['tree']))
}

/** What `json_serialize_sql` and `json_serialize_plan` write, as an object. */
export function readNodes(json: string): TreeNode {
  return JSON.parse(json.replace(notJson, '"value":"$1$2"')) as TreeNode
}

/** A parsed query from what `json_serialize_sql` tells of its text. */
export function readTree(text: string, json: string): ParsedQuery | ParseFault {
  const tree = readNodes(json)
  if (tree['error'] === true) return parseFault(text, tree)
  const statements = tree['statements'] as readonly TreeNode[]
  const [statement, ...others] = statements
  if (!statement) return { code: 'query/statement', message: 'the query is empty' }
  if (others.length > 0)
    return {
      code: 'query/statement',
      message: 'only a single SELECT is allowed, and here are several statements',
    }
  return { node: statement['node'] as TreeNode, digest: sha256(json.replace(places, '')) }
}

function parseFault(text: string, tree: TreeNode): ParseFault {
  const message = String(tree['error_message'])
  if (tree['error_type'] === 'parser') {
    const position = tree['position'] === undefined ? undefined : Number(tree['position'])
    // The parser counts characters, the binder bytes.
    const offset = position === undefined ? undefined : Array.from(text).slice(0, position).join('').length
    return { code: 'query/parse', message, ...(offset !== undefined && { offset }) }
  }
  const hint = /\bpivot\b/i.test(text) ? 'a PIVOT needs its values: ON column IN (...)' : undefined
  return {
    code: 'query/statement',
    message: 'only a single SELECT is allowed',
    ...(hint !== undefined && { hint }),
  }
}

export function isTreeNode(value: unknown): value is TreeNode {
  return isObject(value)
}

/** A text in a node, empty when there is none. */
export function textIn(node: TreeNode, key: string): string {
  const value = node[key]
  return typeof value === 'string' ? value : ''
}

/** The place of a node in bytes, when it has one. */
export function placeOf(node: TreeNode): number | undefined {
  const place = node['query_location']
  return typeof place === 'number' && place < 1e15 ? place : undefined
}
