import type { DeclaredFlow } from '../flow/declared.ts'

/** A step of some flow, with what it reads and writes. */
export interface LineageStep {
  readonly step: string
  readonly flow: string
  readonly notebook: string
  /** Tables and sources. */
  readonly reads: readonly string[]
  /** Tables; of a delivery its target. */
  readonly writes: readonly string[]
}

/** What is made from what, in some flows. */
export function lineageOf(flows: readonly DeclaredFlow[]): LineageStep[] {
  return flows.flatMap((flow) =>
    flow.steps.map((step) => ({
      step: step.name,
      flow: flow.name,
      notebook: step.file,
      reads: [...new Set(step.inputs.map(({ name }) => name))],
      writes: step.kind === 'deliver' ? [step.notebook] : step.outputs.map(({ table }) => table.name),
    })),
  )
}
