import { didYouMean, nearest } from '../../base/suggest.ts'
import type { EngineProblem } from '../analysis.ts'
import { firstLine, queryProblem, type Fault, type FaultPlace } from './faults.ts'
import type { PlacedFault } from './place-fault.ts'

/** What a name may be mistaken for. */
export interface KnownNames {
  readonly columns: readonly string[]
  readonly functions: readonly string[]
  readonly handles: readonly string[]
}

/** A fault of binding as a Problem, in our words where DuckDB's are about its insides. */
export function bindProblem(fault: PlacedFault, place: FaultPlace, known: KnownNames): EngineProblem {
  const { subject, handle, text } = place
  const { code } = queryProblem(fault, place)
  const hint = hintOf(fault, known)
  return {
    code,
    message: `${subject}: ${faultText(fault)}`,
    ...(fault.offset !== undefined && { query: { handle, offset: fault.offset, text } }),
    ...(hint !== undefined && { hint }),
  }
}

/** The patterns of DuckDB's messages, and what is said instead. */
const words: readonly (readonly [RegExp, string])[] = [
  [/^(?:Values list|Table) "(.*)" does not have a column named "(.*)"$/, `'$1' has no column '$2'`],
  [/^Referenced column "(.*)" not found in FROM clause!$/, `there is no column '$1'`],
  [/^Referenced table "(.*)" not found!$/, `there is no relation '$1' here`],
  [/^(?:Scalar|Aggregate|Table|Macro) Function with name (.*) does not exist!$/, `there is no function '$1'`],
  [/^Type with name (.*) does not exist!$/, `there is no type '$1'`],
  [/ You might need to add explicit type casts\.$/, ''],
]

function faultText(fault: Fault): string {
  // A handle is shown as the notebook calls it.
  const text = firstLine(fault.message).replaceAll('"@', '"')
  return words.reduce((said, [pattern, instead]) => said.replace(pattern, instead), text)
}

function hintOf(fault: Fault, known: KnownNames): string | undefined {
  if (fault.kind === 'NO_MATCHING_FUNCTION') return signatures(fault.message)
  if (fault.message.startsWith('Ambiguous reference')) return 'write it with its relation: a.column'
  const relation = /^Referenced table "(.*)" not found!/.exec(fault.message)?.[1]
  if (relation !== undefined && known.handles.includes(relation))
    return `give the handle that name: FROM \${${relation}} AS ${relation}`
  const near = /^Candidate (?:Entries|tables): (.+)$/m.exec(fault.message)?.[1]
  if (near !== undefined) return `there is ${near.replaceAll('"@', '"').replaceAll('"', "'")}`
  const wrong = wrongName(fault)
  if (wrong === undefined) return undefined
  const isFunction = / Function with name /.test(fault.message)
  const own = isFunction ? known.functions : [...fault.candidates, ...known.columns]
  if (nearest(wrong, own).length > 0) return didYouMean(wrong, own)
  return fault.candidates.length > 0 && !isFunction
    ? `there is ${fault.candidates
        .slice(0, 5)
        .map((name) => `'${name}'`)
        .join(', ')}`
    : undefined
}

function wrongName(fault: Fault): string | undefined {
  return (
    fault.name ?? /column named "(.*)"/.exec(fault.message)?.[1] ?? /^Column "(.*?)"/.exec(fault.message)?.[1]
  )
}

function signatures(message: string): string | undefined {
  const list = message
    .split('\n')
    .filter((line) => line.startsWith('\t') && line.includes('('))
    .map((line) => line.trim().replace(/ -> .*/, ''))
  if (list.length === 0 || list.length > 8) return 'cast its arguments to types that it takes'
  return `it takes ${list.join(', ')}`
}
