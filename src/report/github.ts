import { placeText, type Place, type Problem } from '../base/problem.ts'
import { plural } from './amount.ts'
import { fileWithin, findings, isError, type Told } from './told.ts'
import { plainLines } from './width.ts'

/** GitHub shows so many annotations of each kind for a step of a workflow, and leaves out the rest unsaid. */
const shown = 10

/**
 * What is wrong as annotations of GitHub Actions: workflow commands, one a line, errors before warnings. At most
 * ten of each kind are shown, so the first of each file come first, and the last says how many there are more.
 *
 * Form: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function githubAnnotations(told: Told): string {
  const all = findings(told)
  return [
    ...annotations('error', all.filter(isError), told.within),
    ...annotations(
      'warning',
      all.filter((problem) => !isError(problem)),
      told.within,
    ),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

function annotations(kind: 'error' | 'warning', problems: readonly Problem[], within?: string): string[] {
  const ordered = broadFirst(problems)
  const few = ordered.length <= shown ? ordered : ordered.slice(0, shown - 1)
  const more = ordered.length - few.length
  const said = kind === 'error' ? plural(more, 'more problem') : plural(more, 'more warning')
  return [
    ...few.map((problem) => annotation(kind, problem, within)),
    ...(more > 0
      ? [`::${kind} title=sluice::${data(`and ${said}: the log of this step lists them all`)}`]
      : []),
  ]
}

/** The first Problem of each file, then those without a place, then all others. */
function broadFirst(problems: readonly Problem[]): Problem[] {
  const files = new Set<string>()
  const rank = new Map(
    problems.map((problem) => {
      const file = problem.where?.file
      const first = file !== undefined && !files.has(file)
      if (file !== undefined) files.add(file)
      return [problem, first ? 0 : file === undefined ? 1 : 2]
    }),
  )
  return problems.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0))
}

function annotation(kind: 'error' | 'warning', problem: Problem, within?: string): string {
  const { code, message, where, hint } = problem
  // A file from the web is not in the repository: its place is told in the text.
  const isWeb = where !== undefined && /^https?:\/\//i.test(where.file)
  const properties = [...(where && !isWeb ? place(where, within) : []), `title=${property(code)}`]
  const said = isWeb ? `${placeText(where)}: ${message}` : message
  return `::${kind} ${properties.join(',')}::${data(hint === undefined ? said : `${said}\nhint: ${hint}`)}`
}

function place({ file, line, column }: Place, within?: string): string[] {
  return [
    `file=${property(fileWithin(file, within))}`,
    ...(line === undefined ? [] : [`line=${line}`]),
    ...(line === undefined || column === undefined ? [] : [`col=${column}`]),
  ]
}

/** Text of a command, escaped as the runner reads it back (`ActionCommand` of actions/runner). */
function data(text: string): string {
  return plainLines(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** A value of a command, which also ends at colons and commas. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
