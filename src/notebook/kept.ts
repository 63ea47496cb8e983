import type { Kept, ModuleInfo, Piece } from './module-info.ts'

/**
 * Leaves out the contracts, and the declarations and imports that nothing but contracts and other cut parts
 * refers to: what they make enters the fingerprint by value. What nothing at all refers to stays. A contract
 * that code refers to and that is not exported counts as code: nobody could look at its value.
 * `isContract` decides about pieces that declare a contract, or that do when a name of another module is one.
 */
export function keptOf(info: ModuleInfo, isContract: (piece: Piece) => boolean): Kept {
  if (info.kept) return info.kept
  const exported = new Set(Object.values(info.exports))
  let contracts = info.pieces.filter(isContract)
  for (;;) {
    const kept = without(new Set(contracts), info)
    const byText = contracts.filter(({ name }) => !exported.has(name) && kept.refs.includes(name))
    if (byText.length === 0) return kept
    contracts = contracts.filter((piece) => !byText.includes(piece))
  }
}

function without(contracts: ReadonlySet<Piece>, info: ModuleInfo): Kept {
  const exported = new Set(Object.values(info.exports))
  const optional = (piece: Piece): boolean => piece.plain === true && !exported.has(piece.name)
  const code = info.pieces.filter((piece) => !contracts.has(piece))
  const live = reach(
    code.filter((piece) => !optional(piece)),
    code,
  )
  const cut = [...info.cutRefs, ...[...contracts].flatMap(({ refs }) => refs)]
  const serving = reach(
    code.filter((piece) => cut.includes(piece.name)),
    code,
  )
  const unused = code.filter((piece) => !live.has(piece) && !serving.has(piece))
  const kept = new Set([...live, ...reach(unused, code)])
  const contractNames = new Set([...contracts].map(({ name }) => name))
  const refs = new Set([...exported].filter((name) => !contractNames.has(name)))
  for (const piece of kept) for (const name of piece.refs) refs.add(name)
  const dropped = new Set(cut)
  for (const piece of code) if (!kept.has(piece)) for (const name of piece.refs) dropped.add(name)
  for (const name of refs) dropped.delete(name)
  return {
    pieces: info.pieces.flatMap((piece, index) => (kept.has(piece) ? [index] : [])),
    refs: [...refs],
    dropped: [...dropped],
  }
}

/** The pieces that some refer to, directly or not, and those themselves. */
function reach(from: readonly Piece[], all: readonly Piece[]): Set<Piece> {
  const reached = new Set(from)
  for (const piece of reached) {
    for (const name of piece.refs) {
      for (const other of all) if (other.name === name) reached.add(other)
    }
  }
  return reached
}
