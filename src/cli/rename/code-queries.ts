import { Node, type CallExpression, type SourceFile, type TaggedTemplateExpression } from 'ts-morph'
import { relationName, quoteName } from '../../contract/render.ts'
import type { DeclaredColumn, DeclaredTable } from '../../contract/spec.ts'
import type { AnalysedInput } from '../../engine/analysis.ts'
import type { DeclaredStep } from '../../flow/declared.ts'
import { cook } from '../../notebook/cooked.ts'
import type { QuerySubject } from './query-rename.ts'
import { callAround, descendants, importedAs, isText, textOf } from './table-calls.ts'

/** A query, or a condition, that stands in code and that no rendering of `select` steps shows. */
export interface CodeQuery {
  readonly node: Node
  readonly subject: QuerySubject
  /** The index in the module of an index of the query's text; undefined inside of what stands for a value. */
  readonly at: (offset: number) => number | undefined
  readonly isTemplate: boolean
}

/** What the tables of the project are made of, by name. */
export interface KnownTables {
  readonly columnsOf: (table: string) => readonly DeclaredColumn[] | undefined
  /** The tables whose column gets another name. */
  readonly affected: ReadonlySet<string>
}

/** The conditions of a table: `.check('...')`, `check.row('...')`, `check.value('...')`, and texts in `checks`. */
export function conditionsOf(call: CallExpression, columns: readonly DeclaredColumn[]): CodeQuery[] {
  return descendants(call).flatMap((node): CodeQuery[] => {
    if (!isText(node) || !isCondition(node)) return []
    const before = 'SELECT ('
    const raw = node.getText().slice(1, -1)
    const { text, at } = cook(raw)
    const query = {
      text: `${before}${text}\n) AS c FROM ${quoteName(relationName('self'))}`,
      params: [],
      relations: ['self'],
    }
    const inputs = [{ handle: 'self', name: 'self', columns }]
    return [
      {
        node,
        subject: { query, inputs, affected: new Set(['self']), writes: false },
        at: (offset) => {
          const index = at[offset - before.length]
          return index === undefined ? undefined : node.getStart() + 1 + index
        },
        isTemplate: node.getText().startsWith('`'),
      },
    ]
  })
}

function isCondition(node: Node): boolean {
  const parent = node.getParent()
  if (Node.isArrayLiteralExpression(parent)) {
    const property = parent.getParent()
    return Node.isPropertyAssignment(property) && property.getName() === 'checks'
  }
  if (!Node.isCallExpression(parent) || parent.getArguments()[0] !== node) return false
  return /\.(check|row|value)$/.test(parent.getExpression().getText())
}

/** The `sql` templates of a module, but for those that are known. */
export function templatesOf(
  file: SourceFile,
  isKnown: (strings: readonly string[]) => boolean,
): TaggedTemplateExpression[] {
  const tags = importedAs(file, 'sql')
  return descendants(file).filter(
    (node): node is TaggedTemplateExpression =>
      Node.isTaggedTemplateExpression(node) &&
      tags.has(node.getTag().getText()) &&
      !isKnown(piecesOf(node).map(({ text }) => text)),
  )
}

/**
 * A template of a `run` notebook, or of a `check.query`, as a query over what its handles stand for; undefined where
 * that is not known, as of a piece of a query.
 */
export function codeQuery(
  node: TaggedTemplateExpression,
  step: DeclaredStep | undefined,
  known: KnownTables,
): CodeQuery | undefined {
  const pieces = piecesOf(node)
  const inputs: AnalysedInput[] = []
  const affected = new Set<string>()
  let text = ''
  const starts: number[] = []
  let params = 0
  for (const [index, piece] of pieces.entries()) {
    starts.push(text.length)
    text += piece.text
    const value = piece.value
    if (value === undefined) continue
    const kind = value.getType().getProperty('~sluice')?.getTypeAtLocation(value).getLiteralValue()
    if (kind !== undefined && kind !== 'relation') return undefined
    if (kind === undefined) {
      text += `$${++params}`
      continue
    }
    const handle = handleOf(value)
    const relation = handle === undefined ? undefined : relationOf(node, handle, step, known)
    if (handle === undefined || relation === undefined) return undefined
    if (!inputs.some((each) => each.handle === handle)) inputs.push({ handle, ...relation })
    if (known.affected.has(relation.name)) affected.add(handle)
    text += quoteName(relationName(handle))
    if (index === pieces.length - 1) break
  }
  const query = {
    text,
    params: Array.from({ length: params }, () => null),
    relations: inputs.map(({ handle }) => handle),
  }
  return {
    node,
    subject: {
      query,
      inputs,
      affected,
      writes: writesAffected(node, step, known),
      ...(callAround(node) && { nameless: true }),
    },
    at: (offset) => placeIn(pieces, starts, offset),
    isTemplate: true,
  }
}

interface Piece {
  readonly text: string
  readonly at: readonly number[]
  /** Where it begins in the module. */
  readonly start: number
  /** The `${...}` behind it. */
  readonly value?: Node
}

function piecesOf(node: TaggedTemplateExpression): Piece[] {
  const template = node.getTemplate()
  const piece = (literal: Node, ending: number, value?: Node): Piece => ({
    ...cook(literal.getText().slice(1, literal.getText().length - ending)),
    start: literal.getStart() + 1,
    ...(value && { value }),
  })
  if (Node.isNoSubstitutionTemplateLiteral(template)) return [piece(template, 1)]
  const spans = template.getTemplateSpans()
  const literals = [template.getHead(), ...spans.map((span) => span.getLiteral())]
  return literals.map((literal, at) => {
    const value = spans[at]?.getExpression()
    return piece(literal, value ? 2 : 1, value)
  })
}

function placeIn(pieces: readonly Piece[], starts: readonly number[], offset: number): number | undefined {
  const index = starts.findLastIndex((start) => start <= offset)
  const piece = pieces[index]
  const place = piece?.at[offset - (starts[index] ?? 0)]
  return piece && place !== undefined ? piece.start + place : undefined
}

/** `inputs.raw` and `raw` are called `raw`; `{ raw: r }` in a pattern too. */
function handleOf(value: Node): string | undefined {
  if (Node.isPropertyAccessExpression(value)) return value.getName()
  if (!Node.isIdentifier(value)) return undefined
  const [definition] = value.getDefinitionNodes()
  if (Node.isBindingElement(definition))
    return definition.getPropertyNameNode()?.getText() ?? definition.getName()
  const initializer = Node.isVariableDeclaration(definition) ? definition.getInitializer() : undefined
  return initializer && Node.isPropertyAccessExpression(initializer) ? initializer.getName() : undefined
}

function relationOf(
  node: Node,
  handle: string,
  step: DeclaredStep | undefined,
  { columnsOf }: KnownTables,
): { name: string; columns: readonly DeclaredColumn[] } | undefined {
  const call = callAround(node)
  if (call === undefined) {
    const input = step?.inputs.find((each) => each.handle === handle)
    return input && { name: input.name, columns: input.columns }
  }
  const name = handle === 'self' ? nameOf(call) : nameOf(tableOf(node, handle))
  const columns = name === undefined ? undefined : columnsOf(name)
  return name !== undefined && columns ? { name, columns } : undefined
}

function nameOf(node: Node | undefined): string | undefined {
  if (Node.isCallExpression(node)) {
    const [first] = node.getArguments()
    return first && textOf(first)
  }
  const value = node?.getType().getProperty('name')?.getTypeAtLocation(node).getLiteralValue()
  return typeof value === 'string' ? value : undefined
}

/** `tables: { zones }` of the `check.query` around a template. */
function tableOf(node: Node, handle: string): Node | undefined {
  const check = node.getFirstAncestor(
    (each) => Node.isCallExpression(each) && each.getExpression().getText().endsWith('.query'),
  )
  const options = Node.isCallExpression(check) ? check.getArguments()[1] : undefined
  const tables = Node.isObjectLiteralExpression(options) ? options.getProperty('tables') : undefined
  const value = Node.isPropertyAssignment(tables) ? tables.getInitializer() : undefined
  const own = Node.isObjectLiteralExpression(value) ? value.getProperty(handle) : undefined
  if (Node.isPropertyAssignment(own)) return own.getInitializer()
  return Node.isShorthandPropertyAssignment(own) ? own.getNameNode() : undefined
}

/** `outputs.trips.write(sql...)`, where the output is a table whose column gets another name. */
function writesAffected(node: Node, step: DeclaredStep | undefined, { affected }: KnownTables): boolean {
  const call = node.getParent()
  const match = Node.isCallExpression(call) ? /(\w+)\.write$/.exec(call.getExpression().getText()) : null
  const output = step?.outputs.find(({ handle }) => handle === match?.[1])
  return output !== undefined && affected.has(output.table.name)
}

/** All that steps declare of tables, by name. */
export function declaredTables(
  steps: readonly DeclaredStep[],
): ReadonlyMap<string, readonly DeclaredTable[]> {
  const tables = new Map<string, DeclaredTable[]>()
  const add = (table: DeclaredTable) => tables.set(table.name, [...(tables.get(table.name) ?? []), table])
  for (const { outputs, inputs } of steps) {
    for (const { table } of outputs) add(table)
    for (const { kind, origin } of inputs) if (kind === 'table' && 'key' in origin) add(origin)
  }
  return tables
}
