import type { SourceFile } from 'ts-morph'
import { ProblemError } from '../../base/problem.ts'
import type { ModuleEdit } from './column-in-modules.ts'
import { Modules, type TypeFault } from './modules.ts'

/** So often texts are mended before what is left is told. */
const mostRounds = 6

/** Applies replacements to modules, each place once. */
export function applyAll(modules: Modules, edits: readonly ModuleEdit[]): void {
  for (const file of new Set(edits.map((each) => each.file))) {
    const own = edits.filter((each) => each.file === file)
    modules.apply(file, [...new Map(own.map((edit) => [edit.start, edit])).values()])
  }
}

/**
 * Mends what does not type-check with a new name, as long as something is found for a fault.
 *
 * @throws ProblemError with what TypeScript says against the code that it does not say now
 */
export function settle(
  modules: Modules,
  files: readonly SourceFile[],
  from: string,
  mend: (fault: TypeFault) => readonly ModuleEdit[],
): void {
  let faults = modules.faults(files)
  for (let round = 0; round < mostRounds && faults.length > 0; round++) {
    const edits = faults.flatMap(mend)
    if (edits.length === 0) break
    applyAll(modules, edits)
    faults = modules.faults(files)
  }
  const left = faults.length === 0 ? [] : beyond(faults, faultsOnDisk(modules, files))
  if (left.length === 0) return
  throw new ProblemError(
    left.map(({ file, start, message }) => ({
      code: 'rename/types',
      message: `with the new name this does not type-check: ${message.split('\n')[0] ?? ''}`,
      where: modules.placeAt(file, start),
      hint: `make it so that it does not need the name '${from}', and rename again`,
    })),
  )
}

function faultsOnDisk(modules: Modules, files: readonly SourceFile[]): readonly TypeFault[] {
  const before = Modules.open(modules.root)
  return before.faults(files.flatMap((file) => before.named(modules.nameOf(file)) ?? []))
}

/** Those that were not there before. */
function beyond(faults: readonly TypeFault[], before: readonly TypeFault[]): TypeFault[] {
  const left = new Map<string, number>()
  for (const { key } of before) left.set(key, (left.get(key) ?? 0) + 1)
  return faults.filter(({ key }) => {
    const count = left.get(key) ?? 0
    left.set(key, count - 1)
    return count <= 0
  })
}
