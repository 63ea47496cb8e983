import type { AnalysedInput, InputColumn, QueryLineage } from '../analysis.ts'
import { NotFollowed, union, type Around, type Flow, type Marks } from './lineage-flow.ts'
import { operatorFlow } from './lineage-operators.ts'
import type { BoundPlan } from './plan.ts'

/**
 * Where the columns of a query come from, by its plan. What cannot be followed is said to depend on every column
 * of every input, and that it is approximate: never fewer than there are.
 */
export function queryLineage(
  plan: BoundPlan | undefined,
  inputs: readonly AnalysedInput[],
  names: readonly string[],
): QueryLineage {
  const origins = inputs.flatMap(({ handle, columns }) =>
    columns.map(({ name }): InputColumn => ({ handle, column: name })),
  )
  const flow = plan && follow(plan, inputs)
  const exact = flow?.columns.length === names.length ? flow : undefined
  const all: Marks = new Set(origins.keys())
  const listed = (marks: Marks) => origins.filter((_, at) => marks.has(at))
  const columns = new Map<string, Marks>()
  names.forEach((name, at) => {
    columns.set(name, union(columns.get(name) ?? new Set(), exact?.columns[at] ?? all))
  })
  return {
    columns: Object.fromEntries([...columns].map(([name, marks]) => [name, listed(marks)])),
    rows: listed(exact?.rows ?? all),
    ...(!exact && { approximate: true }),
  }
}

function follow({ root, inputs: bound }: BoundPlan, inputs: readonly AnalysedInput[]): Flow | undefined {
  const first = new Map<string, number>()
  let count = 0
  for (const { handle, columns } of inputs) {
    first.set(handle, count)
    count += columns.length
  }
  const around: Around = {
    inputs: bound,
    inputFlow: ({ handle, columns }) => ({
      columns: columns.map((_, at) => new Set([(first.get(handle) ?? 0) + at])),
      rows: new Set(),
    }),
    ctes: new Map(),
    bound: new Map(),
    outer: [],
    visit: (node) => operatorFlow(node, around),
  }
  try {
    return around.visit(root)
  } catch (error) {
    if (error instanceof NotFollowed) return undefined
    throw error
  }
}
