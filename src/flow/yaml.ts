import { basename } from 'node:path'
import { isAlias, isMap, isScalar, LineCounter, visit, type Document } from 'yaml'
import type { z } from 'zod'
import type { Place, Problem } from '../base/problem.ts'
import { readYaml, yamlValue } from '../base/yaml-text.ts'
import { delivery, flowStep, form, issues, notebookStep, type Path } from './yaml-form.ts'

/** A link of a YAML flow, with its place. */
export type YamlLink =
  | { readonly kind: 'source'; readonly reference: string; readonly where: Place }
  | {
      readonly kind: 'notebook'
      readonly step: z.output<typeof notebookStep>
      readonly where: Place
      readonly at: (path: Path) => Place
    }
  | { readonly kind: 'flow'; readonly step: z.output<typeof flowStep>; readonly where: Place }
  | { readonly kind: 'deliver'; readonly delivery: z.output<typeof delivery>; readonly where: Place }

/** A YAML flow as it was written. */
export interface ParsedFlow {
  readonly name: string
  readonly file: string
  readonly description?: string
  readonly publish?: 'step' | 'run'
  readonly links: readonly YamlLink[]
  readonly where: Place
}

/** No flow needs more; each alias repeats all that its anchor holds. */
const maxAliases = 100

/**
 * Parses the text of a flow in YAML 1.2. All Problems come at once, with line and column: syntax, unknown keys,
 * values of the wrong type.
 *
 * @param file the flow's file as Problems name it
 */
export function parseYamlFlow(text: string, file: string): { flow?: ParsedFlow; problems: Problem[] } {
  const lines = new LineCounter()
  const document = readYaml(text, { lineCounter: lines, prettyErrors: false, merge: false })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => syntax(file, error.message, place(error.pos[0])))
    return { problems }
  }
  const refused = refuse(document, file, place)
  if (refused.length > 0) return { problems: refused }
  const at = (path: Path) => place(offsetOf(document, path))
  const read = yamlValue(document, { maxAliasCount: maxAliases })
  if ('fault' in read) return { problems: [syntax(file, read.fault, place(0))] }
  return build(read.value, file, at)
}

function syntax(file: string, message: string, where: Place): Problem {
  return { code: 'flow/syntax', message: `${file} is not valid YAML: ${message}`, where }
}

/** Keys that would reach an object's prototype, and more aliases than a flow needs. */
function refuse(document: Document, file: string, place: (offset: number) => Place): Problem[] {
  const problems: Problem[] = []
  let aliases = 0
  visit(document, {
    Alias(_, node) {
      aliases += 1
      if (aliases === maxAliases + 1) {
        problems.push(syntax(file, `more than ${maxAliases} aliases`, place(node.range?.[0] ?? 0)))
      }
    },
    Pair(_, { key }) {
      if (
        isAlias(key) ||
        (isScalar(key) && !['__proto__', 'constructor', 'prototype'].includes(String(key.value)))
      )
        return
      const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0
      problems.push(syntax(file, `the key '${String(key)}' is not allowed`, place(offset)))
    },
  })
  return problems
}

/** The offset of the deepest node on a path that exists; for a key of a map, of the key. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents
  let offset = isMap(node) ? (node.range?.[0] ?? 0) : 0
  for (const key of path) {
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === key)
      : undefined
    const next: unknown = pair
      ? pair.value
      : (node as { get?: (key: unknown, keep: true) => unknown } | null)?.get?.(key, true)
    const found =
      pair && isScalar(pair.key) ? pair.key.range : (next as { range?: readonly number[] } | undefined)?.range
    if (found?.[0] === undefined) return offset
    offset = found[0]
    node = next
  }
  return offset
}

function build(
  value: unknown,
  file: string,
  at: (path: Path) => Place,
): { flow?: ParsedFlow; problems: Problem[] } {
  const outer = form.safeParse(value)
  const problems = outer.success ? [] : issues(outer.error, [], Object.keys(form.shape), at)
  const steps = (value as { steps?: unknown } | null)?.steps
  const links: YamlLink[] = []
  if (Array.isArray(steps)) {
    steps.forEach((step: unknown, index) => {
      const link = buildStep(step, ['steps', index], at)
      if (Array.isArray(link)) problems.push(...link)
      else links.push(link)
    })
  }
  const deliveries = (value as { deliver?: unknown } | null)?.deliver
  if (Array.isArray(deliveries)) {
    deliveries.forEach((each: unknown, index) => {
      const path = ['deliver', index]
      const parsed = delivery.safeParse(each)
      if (parsed.success) links.push({ kind: 'deliver', delivery: parsed.data, where: at(path) })
      else problems.push(...issues(parsed.error, path, Object.keys(delivery.shape), at))
    })
  }
  if (!outer.success || problems.length > 0) return { problems }
  const { description, publish, sources } = outer.data
  const name = outer.data.flow ?? basename(file).replace(/\.ya?ml$/, '')
  const declared = sources.map((reference, index): YamlLink => ({
    kind: 'source',
    reference,
    where: at(['sources', index]),
  }))
  return {
    flow: {
      name,
      file,
      ...(description !== undefined && { description }),
      ...(publish && { publish }),
      links: [...declared, ...links],
      where: at(['flow']),
    },
    problems,
  }
}

function buildStep(step: unknown, path: Path, at: (path: Path) => Place): YamlLink | Problem[] {
  const where = at(path)
  if (typeof step === 'object' && step !== null && 'flow' in step && !('notebook' in step)) {
    const parsed = flowStep.safeParse(step)
    if (parsed.success) return { kind: 'flow', step: parsed.data, where }
    return issues(parsed.error, path, Object.keys(flowStep.shape), at)
  }
  const parsed = notebookStep.safeParse(step)
  if (parsed.success)
    return { kind: 'notebook', step: parsed.data, where, at: (within: Path) => at([...path, ...within]) }
  return issues(parsed.error, path, Object.keys(notebookStep.shape), at)
}
