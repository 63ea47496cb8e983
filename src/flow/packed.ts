import type { DeclaredFlow, DeclaredInput, DeclaredOutput, DeclaredStep } from './declared.ts'

/**
 * A flow as it is kept in a file that every run reads: what contracts say stands once, as JSON within the JSON,
 * and is parsed when it is first asked for. A run with nothing to do asks for hardly any of it.
 */
export interface PackedFlow extends Omit<DeclaredFlow, 'steps'> {
  readonly steps: readonly PackedStep[]
  readonly texts: readonly string[]
}

interface PackedStep extends Omit<DeclaredStep, 'inputs' | 'outputs'> {
  readonly inputs: readonly (Omit<DeclaredInput, 'columns' | 'origin'> & {
    readonly columns: number
    readonly origin: number
  })[]
  readonly outputs: readonly (Omit<DeclaredOutput, 'table'> & {
    readonly table: Omit<DeclaredOutput['table'], 'columns' | 'checks'> & {
      readonly columns: number
      readonly checks: number
    }
  })[]
}

/** Flows as they were kept: they are kept again as they are, and nothing of them is parsed for it. */
const kept = new WeakMap<DeclaredFlow, PackedFlow>()

export function packFlow(flow: DeclaredFlow): PackedFlow {
  return kept.get(flow) ?? pack(flow)
}

function pack(flow: DeclaredFlow): PackedFlow {
  const places = new Map<string, number>()
  const place = (value: unknown): number => {
    const text = JSON.stringify(value)
    const known = places.get(text) ?? places.size
    places.set(text, known)
    return known
  }
  const steps = flow.steps.map((step) => ({
    ...step,
    inputs: step.inputs.map((input) => ({
      ...input,
      columns: place(input.columns),
      origin: place(input.origin),
    })),
    outputs: step.outputs.map(({ table, ...output }) => ({
      ...output,
      table: { ...table, columns: place(table.columns), checks: place(table.checks) },
    })),
  }))
  return { ...flow, steps, texts: [...places.keys()] }
}

export function unpackFlow(packed: PackedFlow): DeclaredFlow {
  const { texts, ...flow } = packed
  const steps = flow.steps.map((step) => ({
    ...step,
    inputs: step.inputs.map((input) => {
      const { columns, origin } = input
      return later(
        later({ ...input }, 'columns', texts[columns]),
        'origin',
        texts[origin],
      ) as unknown as DeclaredInput
    }),
    outputs: step.outputs.map(({ table, ...output }) => {
      const { columns, checks } = table
      const whole = later(later({ ...table }, 'columns', texts[columns]), 'checks', texts[checks])
      return { ...output, table: whole as unknown as DeclaredOutput['table'] }
    }),
  }))
  const unpacked = { ...flow, steps }
  kept.set(unpacked, packed)
  return unpacked
}

/** Gives an object a property that is parsed when it is asked for; it is copied and sent like any other. */
function later<T extends object>(target: T, name: string, text = 'null'): T {
  return Object.defineProperty(target, name, {
    enumerable: true,
    configurable: true,
    get: () => {
      const value: unknown = JSON.parse(text)
      Object.defineProperty(target, name, { enumerable: true, configurable: true, value })
      return value
    },
  })
}
