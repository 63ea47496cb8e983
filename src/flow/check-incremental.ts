import { didYouMean } from '../base/suggest.ts'
import type { AnyNotebook, LooseDefinition } from '../contract/notebook.ts'
import type { DeclaredStep } from './declared.ts'
import type { Describing, Told } from './describe-context.ts'

/** What is wrong, and what to do about it. */
interface Fault {
  readonly message: string
  readonly hint?: string
}

/** Checks what a notebook says of being incremental, against its inputs and outputs. */
export function checkIncremental(
  notebook: AnyNotebook,
  step: Pick<DeclaredStep, 'inputs' | 'outputs'>,
  told: Told,
  context: Describing,
): void {
  const where = context.tell(notebook.site) ?? told.where
  for (const { message, hint } of faultsOf(notebook.definition, step)) {
    context.problems.push({
      code: 'notebook/incremental',
      message: `step '${told.step}': ${message}`,
      ...(where && { where }),
      ...(hint !== undefined && { hint }),
    })
  }
}

function faultsOf(
  definition: LooseDefinition,
  { inputs, outputs }: Pick<DeclaredStep, 'inputs' | 'outputs'>,
): Fault[] {
  const { incremental, deletes = {}, partition } = definition
  if (incremental === undefined) {
    return Object.keys(deletes).length === 0
      ? []
      : [{ message: '`deletes` is for incremental notebooks', hint: "say `incremental: 'merge'`" }]
  }
  if (incremental !== 'append' && incremental !== 'merge')
    return [{ message: `incremental cannot be '${String(incremental)}'`, hint: "say 'append' or 'merge'" }]
  const faults: Fault[] = []
  if (partition !== undefined)
    faults.push({
      message: 'a notebook works by partition or is incremental, and cannot be both',
      hint: 'leave out `partition` or `incremental`',
    })
  if (inputs.length === 0)
    faults.push({ message: 'it is incremental and reads nothing', hint: 'leave out `incremental`' })
  if (outputs.length === 0)
    faults.push({ message: 'it is incremental and writes nothing', hint: 'leave out `incremental`' })
  for (const { table } of outputs)
    if (table.partitionBy && table.partitionBy.length > 0)
      faults.push({
        message: `table '${table.name}' has partitions, and an incremental notebook cannot write them yet`,
        hint: 'let the notebook work by partition, or leave out `partitionBy`',
      })
  return [
    ...faults,
    ...(incremental === 'merge' ? mergeFaults(outputs) : []),
    ...deleteFaults(definition, outputs),
  ]
}

/** Rows are merged by key; which rejected rows a row with a key replaces cannot be told. */
function mergeFaults(outputs: DeclaredStep['outputs']): Fault[] {
  return outputs.flatMap(({ table, rejectsOf, rejectsOfInput }): Fault[] => {
    if (rejectsOf !== undefined || rejectsOfInput !== undefined) return []
    const faults: Fault[] = []
    if (table.key.length === 0)
      faults.push({
        message: `table '${table.name}' has no key to merge by`,
        hint: "give it a key, or say `incremental: 'append'`",
      })
    if (table.checks.some(({ onFailure }) => onFailure === 'reject'))
      faults.push({
        message: `table '${table.name}' has checks that reject rows, and what is rejected cannot be merged`,
        hint: "filter such rows in the query, or say `incremental: 'append'`",
      })
    return faults
  })
}

function deleteFaults(
  { incremental, deletes = {} }: LooseDefinition,
  outputs: DeclaredStep['outputs'],
): Fault[] {
  const handles = outputs.map(({ handle }) => handle)
  const names = Object.keys(deletes)
  if (incremental === 'append' && names.length > 0)
    return [
      {
        message: '`deletes` is for tables that are merged',
        hint: "say `incremental: 'merge'`; where rows are removed, an append computes all anew",
      },
    ]
  return names
    .filter((handle) => !handles.includes(handle))
    .map((handle) => {
      const hint = didYouMean(handle, handles)
      return {
        message: `there is no output '${handle}' for its deletes`,
        ...(hint !== undefined && { hint }),
      }
    })
}
