import { didYouMean } from '../base/suggest.ts'
import { declareColumns, declareOrigin, declareSourceRejects, declareTable } from '../contract/declare.ts'
import type { AnyInput, Inputs } from '../contract/input.ts'
import type { DeclaredSource } from '../contract/spec.ts'
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

/**
 * What a step writes: the notebook's outputs, with other names and folders where the step says so, and the tables
 * that keep their rejects.
 */
export function bindOutputs(
  notebook: AnyNotebook,
  settings: StepSettings,
  told: Told,
  context: Describing,
): DeclaredOutput[] {
  const outputs = notebook.outputs as Tables
  const bound = settings.outputs ?? {}
  refuseUnknown(outputs, bound, 'output', told, context)
  return Object.entries(outputs).flatMap(([handle, output]): DeclaredOutput[] => {
    const table = declareTable(output.origin, context.tell)
    const to = own(bound, handle)
    const renamed = typeof to === 'string' ? { name: to } : to
    if (table.rejects === undefined || !output.rejects) return [{ handle, table: { ...table, ...renamed } }]
    const declared = declareTable(output.rejects.origin, context.tell)
    // Under another name a table has other rejects too: no two steps write one table.
    const name = renamed === undefined ? table.rejects : `${renamed.name}_rejects`
    const rejects = { ...declared, ...renamed, name }
    return [
      { handle, table: { ...table, ...renamed, rejects: name } },
      { handle: rejectsHandle(handle), table: rejects, rejectsOf: handle },
    ]
  })
}

/** The tables that keep what the sources of a step reject: the step that reads a source writes its rejects. */
export function sourceRejects(inputs: readonly DeclaredInput[]): DeclaredOutput[] {
  return inputs.flatMap(({ handle, kind, origin }) => {
    const table = kind === 'source' ? declareSourceRejects(origin as DeclaredSource) : undefined
    return table ? [{ handle: `${handle}-source-rejects`, table, rejectsOfInput: handle }] : []
  })
}

/** No handle in code is likely to have such a name. */
function rejectsHandle(handle: string): string {
  return `${handle}-rejects`
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
