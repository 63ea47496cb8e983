import { nearest } from '../../base/suggest.ts'
import type { EngineProblem } from '../engine.ts'
import type { ProblemCode } from '../../base/codes.ts'
import { offsetIn } from './faults.ts'
import { isKeyword, isPureTableFunction, type Functions } from './functions.ts'
import { walkQuery, type Scope } from './scope.ts'
import { placeOf, textIn, type ParsedQuery, type ParseFault, type TreeNode } from './tree.ts'

/** What a query may name and call. */
export interface GateRules {
  /** Such as `output table 'silver.trips'`. */
  readonly subject: string
  readonly handle: string
  readonly text: string
  /** Relations that the query may read, with exact names. */
  readonly relations: ReadonlySet<string>
  /** Columns of those relations: a column hides a keyword of the same name, such as `user`. */
  readonly columns: ReadonlySet<string>
  /** What to write instead of a name that was typed, when it is known. */
  readonly instead: (name: string) => string | undefined
  readonly volatile: boolean
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
    case 'COLUMN_REF':
      return lookAtColumn(node, rules)
    default:
      return 'function_name' in node ? lookAtFunction(node, rules) : undefined
  }
}

function lookAtTable(node: TreeNode, scope: Scope, rules: GateRules): Finding | undefined {
  const path = ['catalog_name', 'schema_name', 'table_name']
    .map((key) => textIn(node, key))
    .filter((part) => part !== '')
  const name = path.join('.')
  if (rules.relations.has(name) || scope.has(name.toLowerCase())) return undefined
  const instead = rules.instead(name)
  return {
    node,
    code: 'query/table-unknown',
    message: `'${name}' is named by text, and a query reads only what its notebook declares`,
    hint:
      instead === undefined
        ? 'declare it as an input, and put its handle in the query: FROM ${handle}'
        : `write ${instead} instead of ${name}`,
  }
}

function lookAtTableFunction(node: TreeNode): Finding | undefined {
  const name = textIn(node['function'] as TreeNode, 'function_name').toLowerCase()
  if (isPureTableFunction(name)) return undefined
  return {
    node,
    code: 'query/function-forbidden',
    message: `${name}() may not be read from`,
    hint: 'files are read through a source: source.csv(...), source.json(...), source.parquet(...)',
  }
}

function lookAtColumn(node: TreeNode, rules: GateRules): Finding | undefined {
  const names = node['column_names'] as readonly string[]
  const name = names[0]?.toLowerCase() ?? ''
  if (names.length !== 1 || !isKeyword(name) || rules.columns.has(name)) return undefined
  const hint = `a column of that name must be written with its table: t.${name}`
  return judge(node, name, rules.functions.use(name, 0), rules, hint)
}

function lookAtFunction(node: TreeNode, rules: GateRules): Finding | undefined {
  const name = textIn(node, 'function_name').toLowerCase()
  const args = (node['children'] as readonly unknown[] | undefined)?.length ?? 0
  return judge(node, `${name}()`, rules.functions.use(name, args), rules)
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

/** Writes a handle for a name that is one, or is near to one. */
export function insteadOf(
  handles: readonly { readonly handle: string; readonly name: string }[],
): GateRules['instead'] {
  return (name) => {
    const bare = name.replace(/^@/, '')
    const exact = handles.find((input) => input.handle === bare || input.name === bare)
    const [near] = exact
      ? [exact.handle]
      : nearest(
          bare,
          handles.map((input) => input.handle),
        )
    return near === undefined ? undefined : `\${${near}}`
  }
}
