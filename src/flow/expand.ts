import { segmentFault } from '../base/names.ts'
import type { Place } from '../base/problem.ts'
import type { AnyInput } from '../contract/input.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import { optionProblems, type OptionForms } from '../contract/option-forms.ts'
import type { Sink } from '../contract/sink.ts'
import type { StepSettings } from './chain-types.ts'
import type { DeliverSettings } from './delivery-types.ts'
import type { Describing } from './describe-context.ts'
import type { LooseFlow } from './flow.ts'
import type { Plugin } from './plugin.ts'

/** A notebook placed in a flow, or in a flow within it. */
export interface PlacedStep {
  readonly notebook: AnyNotebook
  readonly settings: StepSettings
  /** `<flow>/` for each flow around it but the outermost. */
  readonly prefix: string
  readonly inFlow: string
  readonly where?: Place
}

/** A delivery of a flow, or of a flow within it. */
export interface PlacedDelivery extends Omit<PlacedStep, 'notebook' | 'settings'> {
  readonly tables: readonly AnyInput[]
  readonly to: Sink
  readonly settings: DeliverSettings
}

/** The links of a flow, with those of inner flows in their place. */
export interface Expanded {
  readonly steps: readonly PlacedStep[]
  readonly sources: readonly { readonly input: AnyInput; readonly where?: Place }[]
  readonly deliveries: readonly PlacedDelivery[]
  readonly plugins: readonly Plugin[]
}

/** Puts the links of inner flows where those flows stand. */
export function expandFlow(flow: LooseFlow, context: Describing, prefix = ''): Expanded {
  const steps: PlacedStep[] = []
  const sources: { input: AnyInput; where?: Place }[] = []
  const deliveries: PlacedDelivery[] = []
  const plugins: Plugin[] = [...(flow.options.plugins ?? [])]
  for (const link of flow.links) {
    const where = context.tell(link.site)
    const at = where && { where }
    if (link.kind === 'source') {
      sources.push({ input: link.input, ...at })
    } else if (link.kind === 'deliver') {
      const { tables, to, settings } = link
      deliveries.push({ tables, to, settings, prefix, inFlow: flow.name, ...at })
    } else if (isFlow(link.of)) {
      const inner = expandFlow(
        link.of,
        context,
        `${prefix}${innerName(link.of, link.settings, where, context)}/`,
      )
      steps.push(...inner.steps)
      sources.push(...inner.sources)
      deliveries.push(...inner.deliveries)
      plugins.push(...inner.plugins)
    } else if (isOfKind(link.of, 'notebook')) {
      const notebook = link.of as AnyNotebook
      context.problems.push(...optionProblems('the step', link.settings, forms, where))
      steps.push({ notebook, settings: link.settings, prefix, inFlow: flow.name, ...at })
    } else {
      context.problems.push({
        code: 'flow/invalid',
        message: `flow '${flow.name}': a step is neither a notebook nor a flow, but ${describeValue(link.of)}`,
        where,
        hint: 'write `.step(cleanTrips, { name: ... })` with the default export of a notebook',
      })
    }
  }
  return { steps, sources, deliveries, plugins: [...new Set(plugins)] }
}

const forms: OptionForms = {
  name: 'a text',
  inputs: 'an object',
  outputs: 'an object',
  args: 'an object',
  // Limits are looked at with those of the notebook.
  timeout: 'any',
  retries: 'any',
  memory: 'any',
  threads: 'any',
  pool: 'any',
}

function isFlow(of: unknown): of is LooseFlow {
  return isOfKind(of, 'flow')
}

/** Types forbid anything else, but a module need not have been type-checked. */
function isOfKind(of: unknown, kind: string): boolean {
  return typeof of === 'object' && of !== null && 'kind' in of && of.kind === kind
}

function describeValue(of: unknown): string {
  return typeof of === 'string' ? `the text '${of}'` : of === null ? 'null' : `a value of type ${typeof of}`
}

function innerName(
  flow: LooseFlow,
  settings: StepSettings,
  where: Place | undefined,
  context: Describing,
): string {
  const name = settings.name ?? flow.name
  const fault = segmentFault(name)
  if (fault !== undefined) {
    context.problems.push({
      code: 'project/name-invalid',
      message: `the flow name '${name}' ${fault}`,
      where,
    })
  }
  return name
}
