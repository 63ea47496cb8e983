import { nearest } from '../../base/suggest.ts'
import type { EngineProblem } from '../analysis.ts'
import type { ProblemCode } from '../../base/codes.ts'
import { offsetIn } from './faults.ts'
import { readsFile } from './file-reads.ts'
import { keywords, isPureTableFunction, useOf, type Functions } from './functions.ts'
import { cteKey, walkQuery, type Scope } from './scope.ts'
import { placeOf, textIn, type ParsedQuery, type ParseFault, type TreeNode } from './tree.ts'

/** What a query may name and call. */
export interface GateRules {
  /** Such as `output table 'silver.trips'`. */
  readonly subject: string
  readonly handle: string
  readonly text: string
  /** Relations that the query may read, by `relationKey`. */
  readonly relations: ReadonlySet<string>
  /** Columns of those relations in lower case: one hides a keyword of its name that is no clock, such as `user`. */
  readonly columns: ReadonlySet<string>
  /** Why another relation is refused. */
  readonly unknown: (name: string) => { readonly message: string; readonly hint?: string }
  readonly volatile: boolean
  /** Files may be read by path. */
  readonly external?: boolean
  /** How many values the query has. */
  readonly params: number
  readonly functions: Functions
}

/** What a walk finds, before it is put into words. */
interface Finding {
  readonly node: TreeNode
  readonly code: ProblemCode
  readonly message: string
  readonly hint?: string
}

/** Why a text that does not parse as one SELECT is refused. */
export function parseProblem(
  fault: ParseFault,
  { subject, handle, text }: Pick<GateRules, 'subject' | 'handle' | 'text'>,
): EngineProblem {
  return {
    code: fault.code,
    message: `${subject}: ${fault.message}`,
    ...(fault.offset !== undefined && { query: { handle, offset: fault.offset, text } }),
    ...(fault.hint !== undefined && { hint: fault.hint }),
  }
}

/**
 * Everything that a user's query may not do: read by name what is no handle, read files, settings or the
 * catalog, or, unless it is declared volatile, ask the clock or chance.
 */
export function gateProblems(query: ParsedQuery, rules: GateRules): EngineProblem[] {
  const findings: Finding[] = []
  walkQuery(query.node, (node, scope) => {
    const finding = look(node, scope, rules)
    // A table function is met twice: as a table and as a call.
    const same = (other: Finding) => other.code === finding?.code && placeOf(other.node) === placeOf(node)
    if (finding && !findings.some(same)) findings.push(finding)
  })
  return findings.map(({ node, code, message, hint }) => {
    const offset = offsetIn(rules.text, placeOf(node))
    return {
      code,
      message: `${rules.subject}: ${message}`,
      ...(offset !== undefined && { query: { handle: rules.handle, offset, text: rules.text } }),
      ...(hint !== undefined && { hint }),
    }
  })
}

function look(node: TreeNode, scope: Scope, rules: GateRules): Finding | undefined {
  if (rules.external === true && readsFile(node)) return undefined
  if (node['sample'] && (node['sample'] as TreeNode)['seed'] === -1 && !rules.volatile) {
    return changes(node, 'a sample without REPEATABLE (seed)')
  }
  switch (node['type']) {
    case 'BASE_TABLE':
      return lookAtTable(node, scope, rules)
    case 'TABLE_FUNCTION':
      return lookAtTableFunction(node)
    case 'SHOW_REF':
      return { node, code: 'query/statement', message: 'DESCRIBE, SHOW and SUMMARIZE give no table' }
    case 'VALUE_PARAMETER':
      return lookAtParameter(node, rules)
    case 'COLUMN_REF':
      return lookAtColumn(node, rules)
    default:
      return 'function_name' in node ? lookAtFunction(node, rules) : undefined
  }
}

function lookAtTable(node: TreeNode, scope: Scope, rules: GateRules): Finding | undefined {
  const path = pathOf(node)
  if (rules.relations.has(relationKey(path)) || scope.has(cteKey(path))) return undefined
  return { node, code: 'query/table-unknown', ...rules.unknown(path.join('.')) }
}

/** The parts of the name of a BASE_TABLE. */
export function pathOf(node: TreeNode): string[] {
  return ['catalog_name', 'schema_name', 'table_name']
    .map((key) => textIn(node, key))
    .filter((part) => part !== '')
}

/** A relation's name by its parts; a part in quotes may hold dots. */
export function relationKey(path: readonly string[]): string {
  return JSON.stringify(path)
}

/** The keys of all relations that a query names, those of its CTEs too. */
export function relationsNamed(query: ParsedQuery): Set<string> {
  const keys = new Set<string>()
  walkQuery(query.node, (node) => {
    if (node['type'] === 'BASE_TABLE') keys.add(relationKey(pathOf(node)))
  })
  return keys
}

function lookAtTableFunction(node: TreeNode): Finding | undefined {
  const name = textIn(node['function'] as TreeNode, 'function_name').toLowerCase()
  if (isPureTableFunction(name)) return undefined
  return {
    node,
    code: 'query/function-forbidden',
    message: `${name}() may not be read from`,
    hint: 'files are read through a source: source.csv(...); or let the notebook say `external: true`',
  }
}

function lookAtParameter(node: TreeNode, { params }: GateRules): Finding | undefined {
  const name = textIn(node, 'identifier')
  if (/^\d+$/.test(name) && Number(name) >= 1 && Number(name) <= params) return undefined
  return {
    node,
    code: 'query/bind',
    message: `$${name} has no value`,
    hint: 'write the value itself, or in a notebook ${value}',
  }
}

function lookAtColumn(node: TreeNode, rules: GateRules): Finding | undefined {
  const names = node['column_names'] as readonly string[]
  const name = names[0]?.toLowerCase() ?? ''
  if (names.length !== 1 || !keywords.has(name)) return undefined
  const use = rules.functions.use(name, 0)
  // Whether a column hides the clock depends on the part of the query that it stands in.
  if (use !== 'volatile' && rules.columns.has(name)) return undefined
  const hint = `a column of that name must be written with its table: t.${name}`
  return judge(node, name, use, rules, hint)
}

function lookAtFunction(node: TreeNode, rules: GateRules): Finding | undefined {
  const name = textIn(node, 'function_name').toLowerCase()
  return judge(node, `${name}()`, useOf(node, rules.functions), rules)
}

function judge(
  node: TreeNode,
  called: string,
  use: ReturnType<Functions['use']>,
  rules: GateRules,
  hint?: string,
): Finding | undefined {
  if (use === 'free' || (use === 'volatile' && rules.volatile)) return undefined
  if (use === 'volatile') return changes(node, called, hint)
  return {
    node,
    code: 'query/function-forbidden',
    message: `${called} may not be called`,
    ...(hint !== undefined && { hint }),
  }
}

function changes(node: TreeNode, called: string, hint?: string): Finding {
  return {
    node,
    code: 'query/volatile',
    message: `${called} changes from run to run`,
    hint: hint ?? 'pass the value as an arg, or declare the notebook `volatile: true` or `expires`',
  }
}

/** Says which handle to write for a name that is one, or is near to one. */
export function unknownBeside(
  handles: readonly { readonly handle: string; readonly name: string }[],
): GateRules['unknown'] {
  return (name) => {
    const bare = name.replace(/^@/, '')
    const exact = handles.find((input) => input.handle === bare || input.name === bare)
    const [near] = exact
      ? [exact.handle]
      : nearest(
          bare,
          handles.map((input) => input.handle),
        )
    return {
      message: `'${name}' is named by text, and a query reads only what its notebook declares`,
      hint:
        near === undefined
          ? 'declare it as an input, and put its handle in the query: FROM ${handle}'
          : `write \${${near}} instead of ${name}`,
    }
  }
}
