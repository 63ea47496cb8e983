import { isDeepStrictEqual } from 'node:util'
import { Document, isMap, isPair, isScalar, isSeq, parse, visit } from 'yaml'
import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml'
import { ours, type Plain, type PlainMap } from './plain.ts'
import { ruleIn } from './read-checks.ts'

/** Merges the value of a key; an empty list or map is left out. */
type Inside = (document: Document, node: Node | undefined, fresh: Plain | undefined) => Node

/** What is ours of a map: those keys are set or taken away, and all others stay as somebody wrote them. */
interface Owned {
  readonly keys: readonly string[]
  /** Keys that are set once and may then be changed by hand. */
  readonly once?: readonly string[]
  /** Keys whose value is merged, not replaced. */
  readonly inside?: { readonly [key: string]: Inside }
}

const property: Owned = {
  keys: [
    'id',
    'name',
    'physicalType',
    'logicalType',
    'logicalTypeOptions',
    'required',
    'unique',
    'primaryKey',
    'primaryKeyPosition',
    'partitioned',
    'partitionKeyPosition',
    'description',
    'properties',
    'items',
    'relationships',
    'quality',
    'customProperties',
  ],
  inside: { quality: mergeRules, customProperties: mergeCustom },
}

const object: Owned = {
  keys: [
    'id',
    'name',
    'logicalType',
    'physicalType',
    'description',
    'tags',
    'properties',
    'quality',
    'customProperties',
  ],
  inside: {
    properties: (document, node, fresh) => mergeNamed(document, node, fresh, property),
    quality: mergeRules,
    customProperties: mergeCustom,
  },
}

const top: Owned = {
  keys: ['apiVersion', 'kind', 'id', 'name', 'version', 'status', 'team', 'schema', 'customProperties'],
  once: ['id', 'name', 'status'],
  inside: {
    team: mergeTeam,
    schema: (document, node, fresh) => mergeNamed(document, node, fresh, object),
    customProperties: mergeCustom,
  },
}

/** Lists and maps that are short enough for one line. */
const flat = new Set(['logicalTypeOptions', 'tags', 'mustBeBetween'])

/**
 * A file of the lock as text: the contract as ODCS, and whatever somebody wrote into the file beside it, such as
 * `support`, `slaProperties`, examples of a column, rules of other tools, comments.
 *
 * @param before the file as it is; it is changed
 * @param header a comment for the first line of a new file
 */
export function odcsText(fresh: PlainMap, before: Document | undefined, header: string): string {
  const document = before ?? new Document()
  const map = isMap(document.contents) ? document.contents : undefined
  if (map === undefined) document.commentBefore = header
  document.contents = mergeMap(document, map, fresh, top) as typeof document.contents
  return document.toString({ lineWidth: 0, singleQuote: true })
}

function nodeOf(document: Document, value: Plain, key = ''): Node {
  const node: Node = document.createNode(value, { aliasDuplicateObjects: false })
  flatten(node, key)
  visit(node, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && isOtherInYaml11(scalar.value)) scalar.type = 'QUOTE_SINGLE'
    },
  })
  return node
}

/**
 * Whether a text without quotes is another value in YAML 1.1, which Python reads: `yes`, `2020-01-01`, `1:30`.
 * Quotes make it the same in both.
 */
function isOtherInYaml11(text: string): boolean {
  if (!/^[\w.:+~ -]{1,40}$/.test(text)) return false
  try {
    return typeof parse(text, { version: '1.1', logLevel: 'silent' }) !== 'string'
  } catch {
    return false // What does not parse is quoted anyway.
  }
}

/** Short lists and maps go into one line, at any depth. */
function flatten(node: Node, key: string): void {
  if (!isMap(node) && !isSeq(node)) return
  if (flat.has(key)) node.flow = true
  for (const item of node.items) {
    if (isPair(item)) flatten(item.value as Node, keyOf(item))
    else flatten(item as Node, '')
  }
}

/** Our keys in our order, then the others in theirs. */
function mergeMap(document: Document, map: YAMLMap | undefined, fresh: PlainMap, owned: Owned): YAMLMap {
  const before = new Map((map?.items ?? []).map((pair) => [keyOf(pair), pair]))
  const merged = document.createNode({}) as YAMLMap
  for (const key of owned.keys) {
    const pair = before.get(key)
    before.delete(key)
    const kept = pair !== undefined && owned.once?.includes(key)
    const value = kept ? (pair.value as Node) : valueOf(document, pair, fresh[key], key, owned)
    if (value === undefined) continue
    if (pair) pair.value = value
    merged.items.push(pair ?? document.createPair(key, value))
  }
  merged.items.push(...before.values())
  if (map) Object.assign(merged, { commentBefore: map.commentBefore, comment: map.comment })
  return merged
}

function valueOf(
  document: Document,
  pair: Pair | undefined,
  fresh: Plain | undefined,
  key: string,
  owned: Owned,
): Node | undefined {
  const node = pair?.value as Node | undefined
  const inside = owned.inside?.[key]
  if (inside) {
    const made = inside(document, node, fresh)
    return (isMap(made) || isSeq(made)) && made.items.length === 0 ? undefined : made
  }
  if (fresh === undefined) return undefined
  return node && isDeepStrictEqual(node.toJS(document), fresh) ? node : nodeOf(document, fresh, key)
}

/** The owner is ours, its members and the rest of the team are not. A list of members is the older form. */
function mergeTeam(document: Document, node: Node | undefined, fresh: Plain | undefined): Node {
  if (isSeq(node) && fresh === undefined) return node
  return mergeMap(document, isMap(node) ? node : undefined, (fresh ?? {}) as PlainMap, { keys: ['name'] })
}

/** Items that have a name: ours in our order, with what others wrote at them. */
function mergeNamed(
  document: Document,
  node: Node | undefined,
  fresh: Plain | undefined,
  owned: Owned,
): Node {
  const items = (isSeq(node) ? node.items : []).filter(isMap)
  const before = new Map(items.map((item) => [item.get('name'), item]))
  const made = document.createNode([]) as YAMLSeq
  made.items = ((fresh ?? []) as readonly PlainMap[]).map((item) =>
    mergeMap(document, before.get(item['name']), item, owned),
  )
  return made
}

/** Rules that we would read as ours are ours; those of other tools stay behind them. */
function mergeRules(document: Document, node: Node | undefined, fresh: Plain | undefined): Node {
  return mergeItems(document, node, fresh, isOurRule)
}

function isOurRule(item: unknown): boolean {
  const engine = typeof item === 'object' && item !== null && 'engine' in item ? item.engine : undefined
  return engine === ours || [undefined, 'x'].some((column) => ruleIn(item, column) !== undefined)
}

function mergeCustom(document: Document, node: Node | undefined, fresh: Plain | undefined): Node {
  return mergeItems(document, node, fresh, (item) => {
    const name = typeof item === 'object' && item !== null && 'property' in item ? item.property : undefined
    return typeof name === 'string' && name.startsWith(ours)
  })
}

function mergeItems(
  document: Document,
  node: Node | undefined,
  fresh: Plain | undefined,
  isOurs: (item: unknown) => boolean,
): Node {
  const before = ((isSeq(node) ? node.items : []) as Node[]).map((item) => ({
    item,
    value: item.toJS(document) as unknown,
  }))
  const made = document.createNode([]) as YAMLSeq
  made.items = [
    ...((fresh ?? []) as readonly Plain[]).map(
      (item) => before.find(({ value }) => isDeepStrictEqual(value, item))?.item ?? nodeOf(document, item),
    ),
    ...before.filter(({ value }) => !isOurs(value)).map(({ item }) => item),
  ]
  return made
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : ''
}
