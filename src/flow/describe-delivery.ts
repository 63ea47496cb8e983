import { isObject } from '../base/form.ts'
import { segmentFault } from '../base/names.ts'
import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { declareColumns, declareTable } from '../contract/declare.ts'
import type { AnyInput } from '../contract/input.ts'
import { optionProblems, type OptionForms } from '../contract/option-forms.ts'
import { targetOf } from '../contract/sink.ts'
import { checkedSink } from './check-sink.ts'
import type { DeclaredInput, DeclaredStep } from './declared.ts'
import type { Describing } from './describe-context.ts'
import type { PlacedDelivery } from './expand.ts'
import { describeLimits } from './limits.ts'

/**
 * A delivery as a step with inputs and no outputs; undefined when it says no table or sink. Its columns and options
 * are checked.
 *
 * @param file the file of the flow that it stands in
 */
export function describeDelivery(
  placed: PlacedDelivery,
  file: string,
  context: Describing,
): DeclaredStep | undefined {
  const { tables, settings, prefix, where } = placed
  const name = `${prefix}${settings.name ?? defaultName(placed)}`
  const at = where && { where }
  const refuse = (message: string, hint?: string, code: Problem['code'] = 'delivery/invalid') => {
    context.problems.push({ code, message: `step '${name}': ${message}`, ...at, ...(hint && { hint }) })
  }
  const fault = segmentFault(name.slice(prefix.length))
  if (fault !== undefined) refuse(`its name ${fault}`, undefined, 'project/name-invalid')
  const faults = optionProblems(`step '${name}'`, settings, forms, where)
  context.problems.push(...faults.map((problem) => ({ ...problem, code: 'delivery/invalid' as const })))
  if (faults.length > 0) return undefined
  if (tables.length === 0) refuse('it is given no table', 'name one, or several for a datapackage')
  const inputs = tables.flatMap((table) => inputOf(table, placed, context, refuse))
  const to = checkedSink(placed.to, inputs, refuse)
  if (to === undefined || inputs.length === 0) return undefined
  const environments = settings.environments
  for (const each of environments ?? []) {
    const bad = segmentFault(each)
    if (bad !== undefined) refuse(`the environment '${each}' ${bad}`, undefined, 'project/name-invalid')
  }
  return {
    name,
    file: where?.file ?? file,
    notebook: targetOf(to),
    kind: 'deliver',
    sink: to,
    ...(environments && { environments }),
    inputs,
    outputs: [],
    args: {},
    argsSchema: [],
    overrides: [],
    env: {},
    secrets: [],
    volatile: false,
    ...describeLimits({}, settings, { step: name, ...at }, context),
    ...at,
    inFlow: placed.inFlow,
  }
}

const forms: OptionForms = {
  name: 'a text',
  environments: 'a list of texts',
  columns: 'a list of texts',
  // Limits are looked at with those of steps.
  timeout: 'any',
  retries: 'any',
  memory: 'any',
  threads: 'any',
  pool: 'any',
}

/** `deliver_gold_revenue`, or for several tables the name of their folder. */
function defaultName({ tables, to }: PlacedDelivery): string {
  const [first, ...others] = tables
  const given: unknown = to
  const folder = isObject(given) && typeof given['folder'] === 'string' ? given['folder'] : ''
  const what = others.length > 0 ? (folder.split('/').findLast((part) => part !== '') ?? '') : first?.name
  return `deliver_${(what ?? '').replace(/[^A-Za-z0-9_-]/g, '_')}`
}

function inputOf(
  table: AnyInput | undefined,
  { settings, tables }: PlacedDelivery,
  context: Describing,
  refuse: (message: string, hint?: string, code?: Problem['code']) => void,
): DeclaredInput[] {
  // Types forbid anything else, but a module need not have been type-checked.
  if (table?.kind !== 'table') {
    const what = table?.kind === 'source' ? `'${table.name}' is a source` : 'it is given no table'
    refuse(`${what}, and only tables are delivered`, 'write `.deliver(revenue, sink.csv({ file: ... }))`')
    return []
  }
  const columns = declareColumns(table.columns)
  const wanted = settings.columns
  if (wanted?.length === 0) refuse('it delivers no columns', 'leave `columns` out to deliver all')
  const twice = wanted?.find((name, at) => wanted.indexOf(name) < at)
  if (twice !== undefined) refuse(`it names the column '${twice}' twice`, 'name it once')
  if (wanted && tables.length > 1)
    refuse('`columns` does not say of which table', 'pick them: `.deliver([orders.pick(...), ...], ...)`')
  const picked = wanted?.flatMap((name) => {
    const column = columns.find((each) => each.name === name)
    if (column) return [column]
    const known = columns.map((each) => each.name)
    refuse(
      `table '${table.name}' has no column '${name}' to deliver`,
      didYouMean(name, known),
      'contract/column-missing',
    )
    return []
  })
  const origin = declareTable(table.origin, context.tell)
  const { name } = table
  return [{ handle: name, kind: 'table', name, columns: picked ?? columns, optional: false, origin }]
}
