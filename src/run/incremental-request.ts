import { changesHandle, changesOf, type ChangeSide, type IncrementalMode } from '../contract/changes.ts'
import type { BoundInput, SessionRequest } from '../engine/engine.ts'
import type { HeldRows } from '../engine/held-rows.ts'

/** The rows of one side of the changes of an input. */
type From = BoundInput['from']

/** What an incremental step reads and adds to. */
export interface Additions {
  readonly changed: readonly { readonly handle: string; readonly name: string }[]
  /** What changed of the inputs that did, by handle; nothing of others. */
  readonly sides: ReadonlyMap<string, { readonly [S in ChangeSide]: From }>
  /** By table. */
  readonly held: ReadonlyMap<string, HeldRows>
}

const nothing: From = { kind: 'absent' }

/** A request of an incremental step that is computed whole: all rows of its inputs are added, none removed. */
export function wholeRequest(request: SessionRequest, mode: IncrementalMode): SessionRequest {
  const inputs = withSides(request.inputs, ({ from }) => ({ added: bare(from), removed: nothing }))
  return { ...request, inputs, incremental: { mode, full: true, changed: [] } }
}

/** A request of an incremental step that goes on from what its tables hold. */
export function addingRequest(
  request: SessionRequest,
  mode: IncrementalMode,
  { changed, sides, held }: Additions,
): SessionRequest {
  const none = { added: nothing, removed: nothing }
  const inputs = withSides(request.inputs, ({ handle }) => sides.get(handle) ?? none)
  const outputs = request.outputs.map((output) => {
    const rows = held.get(output.table.name)
    const { rejectsOfInput: input } = output
    const ofInput = input !== undefined && { rejectsOfInput: changesHandle(input, 'added') }
    return { ...output, ...ofInput, ...(rows && { held: rows }) }
  })
  return { ...request, inputs, outputs, incremental: { mode, full: false, changed } }
}

/** The same without inputs that no query names: files of sources are looked at before any query runs. */
export function readingOnly(request: SessionRequest, relations: ReadonlySet<string>): SessionRequest {
  const taken = request.outputs.flatMap(({ held }) => held?.takeOut ?? [])
  const isRead = ({ handle }: BoundInput) => relations.has(handle) || taken.includes(handle)
  const inputs = request.inputs.filter(isRead)
  // All rows of a source that is read by its changes alone are those that were added.
  const outputs = request.outputs.map((output) => {
    const { rejectsOfInput: input } = output
    if (input === undefined || inputs.some(({ handle }) => handle === input)) return output
    const added = changesHandle(changesOf(input)?.handle ?? input, 'added')
    return { ...output, rejectsOfInput: added }
  })
  return { ...request, inputs, outputs }
}

function withSides(
  inputs: readonly BoundInput[],
  sidesOf: (input: BoundInput) => { readonly [S in ChangeSide]: From },
): BoundInput[] {
  return inputs.flatMap((input) => {
    const sides = sidesOf(input)
    const side = (name: ChangeSide) => ({
      ...input,
      handle: changesHandle(input.handle, name),
      from: sides[name],
    })
    return [input, side('added'), side('removed')]
  })
}

/** Rows that are given are held against their contract once. */
function bare(from: From): From {
  return from.kind === 'rows' ? { kind: 'rows', rows: from.rows } : from
}
