import type { Edit } from './edits.ts'
import { isName, tokensOf, nameOf, type Token } from './lex.ts'
import type { PlacedFault } from './place-fault.ts'
import { quoteName } from './sql-text.ts'
import { isTreeNode, placeOf, textIn, type TreeNode } from './tree.ts'

/** No function of a user's has such a name. */
const anyFunction = '\u0001any'
const letters = ['a', 'b', 'c', 'd', 'e', 'f']

/** A function of up to six arguments that binds them, and is NULL whatever they are. */
export const standInMacro = `CREATE MACRO ${quoteName(anyFunction)}() AS NULL, ${letters
  .map((_, at) => letters.slice(0, at + 1).join(', '))
  .map((args) => `(${args}) AS CASE WHEN row(${args}) IS NULL THEN NULL END`)
  .join(', ')}`

/** Whether a fault says that a name is wrong, and nothing about values: no stand-in of ours can be its cause. */
export function isWrongName({ kind, message, type }: PlacedFault): boolean {
  if (type === 'Catalog') return kind === 'MISSING_ENTRY' && / Function with name /.test(message)
  return (
    kind === 'COLUMN_NOT_FOUND' ||
    /^(Values list|Table) ".*" does not have a column named|^Referenced table ".*" not found!/.test(message)
  )
}

/**
 * What can stand for a wrong name, so that the rest of the query binds: NULL for a column, a function that takes
 * anything for a function. Undefined where that could not be right.
 */
export function standIn(text: string, query: TreeNode, fault: PlacedFault): Edit | undefined {
  if (fault.offset === undefined || !isWrongName(fault)) return undefined
  const chain = chainAt(text, fault.offset)
  const last = chain.names.at(-1)
  if (!last) return undefined
  const [start, end] = [fault.offset, last.start + last.text.length]
  if (fault.type === 'Catalog')
    return chain.next === '(' ? { start, end, text: quoteName(anyFunction) } : undefined
  if (chain.next === '(' || chain.next === '.') return undefined
  const alias = isBareItem(query, Buffer.byteLength(text.slice(0, start)))
    ? ` AS ${quoteName(nameOf(last))}`
    : ''
  return { start, end, text: `NULL${alias}` }
}

/** The names with dots between them that begin at an index, and what follows them. */
function chainAt(text: string, offset: number): { names: readonly Token[]; next: string } {
  const tokens = tokensOf(text)
  let at = tokens.findIndex(({ start }) => start === offset)
  const names: Token[] = []
  for (let token = tokens[at]; token && isName(token); token = tokens[(at += 2)]) {
    names.push(token)
    if (tokens[at + 1]?.text !== '.') break
  }
  return { names, next: tokens[at + 1]?.text ?? '' }
}

/** Whether a column without an alias stands there as an item of a SELECT, which is then named after it. */
function isBareItem(value: unknown, place: number): boolean {
  if (Array.isArray(value)) return value.some((item) => isBareItem(item, place))
  if (!isTreeNode(value)) return false
  const items = Array.isArray(value['select_list']) ? value['select_list'].filter(isTreeNode) : []
  const bare = (item: TreeNode) => item['type'] === 'COLUMN_REF' && textIn(item, 'alias') === ''
  if (items.some((item) => bare(item) && placeOf(item) === place)) return true
  return Object.values(value).some((item) => isBareItem(item, place))
}
