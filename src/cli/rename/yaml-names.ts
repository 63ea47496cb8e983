import { isMap, isScalar, isSeq, parseDocument, type Node, type Scalar } from 'yaml'
import type { Edit } from '../../engine/duckdb/edits.ts'

/** The places of a YAML flow that name a table: `sources`, and the `inputs` and `outputs` of steps. */
export function yamlEdits(
  text: string,
  { from, to }: { readonly from: string; readonly to: string },
): Edit[] {
  const document = parseDocument(text)
  if (document.errors.length > 0) return []
  const root = document.contents
  const steps = itemsOf(valueOf(root, 'steps'))
  const named = [
    ...itemsOf(valueOf(root, 'sources')),
    ...steps.flatMap((step) => valuesOf(valueOf(step, 'inputs'))),
    ...steps
      .flatMap((step) => valuesOf(valueOf(step, 'outputs')))
      .map((output) => (isMap(output) ? valueOf(output, 'name') : output)),
  ]
  const scalars = named.filter((node): node is Scalar => isScalar(node) && node.value === from)
  return scalars.flatMap(({ range }) => {
    if (!range) return []
    const [start, end] = range
    const quote = /^['"]/.exec(text.slice(start))?.[0] ?? ''
    return [{ start, end, text: quote + to + quote }]
  })
}

function valueOf(node: unknown, key: string): unknown {
  return isMap(node) ? node.get(key, true) : undefined
}

function itemsOf(node: unknown): readonly unknown[] {
  return isSeq(node) ? node.items : []
}

function valuesOf(node: unknown): readonly unknown[] {
  return isMap<Node, Node>(node) ? node.items.map(({ value }) => value) : []
}
