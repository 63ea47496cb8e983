import type { StepRecord } from '../lake/types.ts'

/** A version of a table that a step was computed from. */
export interface TableInput {
  readonly handle: string
  readonly table: string
  /** The version that its fingerprint names. */
  readonly version: string
  /** That version, and those before it for which the rows were computed or forgiven: any of them is true. */
  readonly good: ReadonlySet<string>
}

/** The tables that a step read, as the parts of its fingerprint name them; see `inputPart`. */
export function tableInputs({ parts, accepted = [] }: Pick<StepRecord, 'parts' | 'accepted'>): TableInput[] {
  return Object.entries(parts).flatMap(([name, part]) => {
    const at = part.lastIndexOf('@')
    if (!name.startsWith('input:') || at < 0 || part.startsWith('files:')) return []
    const handle = name.slice('input:'.length)
    const version = part.slice(at + 1)
    const good = new Set([version])
    for (const { input, from, to } of accepted.toReversed())
      if (input === handle && good.has(to)) good.add(from)
    return [{ handle, table: part.slice(0, at), version, good }]
  })
}
