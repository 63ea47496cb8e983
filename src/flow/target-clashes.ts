import { digestOf } from '../base/digest.ts'
import type { Problem } from '../base/problem.ts'
import { isSql, tidyPath } from '../contract/sink.ts'
import type { DeclaredFlow, DeclaredStep } from './declared.ts'
import { matcher } from './pattern.ts'

/**
 * Deliveries of a project that would write over each other: to one table or file, or to a file within the folder of
 * a package. The same delivery in several flows is fine, as it is one.
 */
export function targetClashes(flows: readonly DeclaredFlow[]): Problem[] {
  const deliveries = flows.flatMap((flow) =>
    flow.steps.flatMap((step) => (step.kind === 'deliver' ? [{ flow, step }] : [])),
  )
  return deliveries.flatMap(({ flow, step }, at): Problem[] => {
    const other = deliveries
      .slice(0, at)
      .find((each) => clashes(each.step, step) && !isSame(each, { flow, step }))
    if (!other) return []
    return [
      {
        code: 'delivery/clash',
        message: `the deliveries ${called(other, flow)} and ${called({ flow, step }, other.flow)} both go to ${step.notebook}`,
        ...(step.where && { where: step.where }),
        related: [
          { message: `delivery '${other.step.name}'`, ...(other.step.where && { where: other.step.where }) },
        ],
        hint: 'a target has one delivery: give one of them another',
      },
    ]
  })
}

/** Files that a flow reads and writes: each delivery would make the next one. */
export function sourceClashes({ sources, steps }: DeclaredFlow): Problem[] {
  return steps.flatMap(({ name, sink, notebook, where }): Problem[] => {
    if (!sink || isSql(sink)) return []
    const read = sources.find(({ paths }) =>
      paths.some((path) => {
        const pattern = tidyPath(path)
        return notebook.endsWith('/') ? pattern.startsWith(notebook) : matcher(pattern)(notebook)
      }),
    )
    if (!read) return []
    const message = `step '${name}' would write ${notebook}, which source '${read.name}' reads`
    return [{ code: 'delivery/clash', message, ...(where && { where }), hint: 'deliver to another folder' }]
  })
}

/** File systems and databases may not tell the case of letters apart. */
function clashes(one: DeclaredStep, other: DeclaredStep): boolean {
  const [a, b] = [one.notebook.toLowerCase(), other.notebook.toLowerCase()]
  if (a === b) return true
  const isFile = (step: DeclaredStep) => step.sink !== undefined && !isSql(step.sink)
  const within = (outer: string, inner: string) => outer.endsWith('/') && inner.startsWith(outer)
  return isFile(one) && isFile(other) && (within(a, b) || within(b, a))
}

function called({ flow, step }: Placed, beside: DeclaredFlow): string {
  return flow === beside ? `'${step.name}'` : `'${step.name}' of flow '${flow.name}'`
}

interface Placed {
  readonly flow: DeclaredFlow
  readonly step: DeclaredStep
}

function isSame(one: Placed, other: Placed): boolean {
  return one.flow !== other.flow && identity(one.step) === identity(other.step)
}

function identity({ sink, environments, inputs }: DeclaredStep): string {
  return digestOf({
    sink: sink ?? null,
    environments: environments ?? null,
    inputs: inputs.map(({ name, columns }) => [name, columns.map((column) => column.name)]),
  })
}
