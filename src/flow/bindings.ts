import { didYouMean } from '../base/suggest.ts'
import { declareColumns, declareOrigin, declareTable } from '../contract/declare.ts'
import type { AnyInput, Inputs } from '../contract/input.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import type { Tables } from '../contract/table.ts'
import type { StepSettings } from './chain-types.ts'
import type { DeclaredInput, DeclaredOutput } from './declared.ts'
import type { Describing, Told } from './describe-context.ts'
import { sentences } from './sentences.ts'

/** What a step reads: the notebook's inputs, bound to other tables where the step says so. */
export function bindInputs(
  notebook: AnyNotebook,
  settings: StepSettings,
  told: Told,
  context: Describing,
): DeclaredInput[] {
  const inputs = notebook.inputs as Inputs
  const bound = settings.inputs ?? {}
  refuseUnknown(inputs, bound, 'input', told, context)
  return Object.entries(inputs).map(([handle, input]) => {
    const from: AnyInput = own(bound, handle) ?? input
    return {
      handle,
      kind: from.kind,
      name: from.name,
      columns: declareColumns(input.columns),
      optional: input.isOptional,
      origin: declareOrigin(from, context.tell),
    }
  })
}

/** What a step writes: the notebook's outputs, with other names and folders where the step says so. */
export function bindOutputs(
  notebook: AnyNotebook,
  settings: StepSettings,
  told: Told,
  context: Describing,
): DeclaredOutput[] {
  const outputs = notebook.outputs as Tables
  const bound = settings.outputs ?? {}
  refuseUnknown(outputs, bound, 'output', told, context)
  return Object.entries(outputs).map(([handle, output]) => {
    const table = declareTable(output.origin, context.tell)
    const to = own(bound, handle)
    if (to === undefined) return { handle, table }
    return { handle, table: typeof to === 'string' ? { ...table, name: to } : { ...table, ...to } }
  })
}

function own<T>(bound: { readonly [handle: string]: T }, handle: string): T | undefined {
  return Object.hasOwn(bound, handle) ? bound[handle] : undefined
}

function refuseUnknown(
  known: object,
  bound: object,
  word: 'input' | 'output',
  told: Told,
  { problems }: Describing,
): void {
  for (const handle of Object.keys(bound)) {
    if (Object.hasOwn(known, handle)) continue
    const hint = didYouMean(handle, Object.keys(known))
    const message = sentences.handleUnknown(told.step, word, handle)
    problems.push({ code: 'flow/invalid', message, where: told.where, ...(hint && { hint }) })
  }
}
