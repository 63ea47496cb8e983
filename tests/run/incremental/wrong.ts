import type { BoundInput } from '../../../src/engine/engine.ts'
import { changesOf } from '../../../src/contract/changes.ts'
import type { EnvState } from '../../../src/lake/types.ts'
import type { Wrong } from './kit.ts'

/** Variants of Sluice that are wrong; the stories must find each of them. */
export const wrongs: readonly (readonly [name: string, make: () => Wrong])[] = [
  [
    'forgets deletes',
    () => ({
      compute: ({ request, queries }) => ({
        request: { ...request, outputs: request.outputs.map(withoutDeletes) },
        queries: queries.filter(({ takesOut }) => takesOut !== true),
      }),
    }),
  ],
  [
    'counts a version twice',
    () => ({
      compute: ({ request, queries }) => ({
        request: { ...request, inputs: request.inputs.map(twice) },
        queries,
      }),
    }),
  ],
  ['goes from a wrong version', () => ({ state: olderInputs(new Map()) })],
  [
    'leaves out what was held',
    () => ({
      compute: ({ request, queries }) => ({
        request: {
          ...request,
          outputs: request.outputs.map((output) =>
            output.held ? { ...output, held: { ...output.held, files: [] } } : output,
          ),
        },
        queries,
      }),
    }),
  ],
]

function withoutDeletes<O extends { readonly held?: object }>(output: O): O {
  return output.held ? { ...output, held: { ...output.held, takeOut: [] } } : output
}

function twice(input: BoundInput): BoundInput {
  const { from, handle } = input
  if (from.kind !== 'parquet' || changesOf(handle)?.side !== 'added') return input
  return { ...input, from: { ...from, files: [...from.files, ...from.files] } }
}

/** Records say that steps have read the versions before those that they have read. */
function olderInputs(seen: Map<string, string[]>): (state: EnvState) => EnvState {
  return (state) => {
    const steps = [...state.steps].map(([step, record]) => {
      const parts = Object.entries(record.parts).map(([name, part]) => {
        const versions = seen.get(`${step} ${name}`) ?? []
        if (versions.at(-1) !== part) seen.set(`${step} ${name}`, [...versions, part])
        const older = seen.get(`${step} ${name}`)?.at(-2)
        return [name, part.includes('@') && older?.includes('@') ? older : part] as const
      })
      return [step, { ...record, parts: Object.fromEntries(parts) }] as const
    })
    return { ...state, steps: new Map(steps) }
  }
}
