import { problemCodes, type ProblemCode } from '../base/codes.ts'
import { orderProblems, type Problem } from '../base/problem.ts'
import { problemFingerprints, sarifLocation, srcRoot } from './sarif-place.ts'
import { findings, isError, type Told } from './told.ts'
import { plainLines } from './width.ts'

/**
 * What is wrong as SARIF 2.1.0 (OASIS), for code scanning. Columns are UTF-16 code units from 1, as those of a
 * Place are; files are relative to the root of the repository.
 *
 * @param version of Sluice
 */
export function sarifLog(told: Told, version: string): string {
  const problems = orderProblems(findings(told))
  const codes = Object.keys(problemCodes) as ProblemCode[]
  const index = new Map(codes.map((code, at) => [code, at]))
  const fingerprints = problemFingerprints(problems)
  const run = {
    tool: { driver: { name: 'Sluice', version, rules: codes.map(ruleOf) } },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { [srcRoot]: { description: { text: 'The root of the repository.' } } },
    results: problems.map((problem, at) =>
      resultOf(problem, {
        ruleIndex: index.get(problem.code),
        fingerprint: fingerprints[at],
        within: told.within,
      }),
    ),
  }
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [run],
  }
  return `${JSON.stringify(log, undefined, 2)}\n`
}

function ruleOf(code: ProblemCode) {
  return { id: code, shortDescription: { text: problemCodes[code].replaceAll('`', "'") } }
}

interface Beside {
  readonly ruleIndex: number | undefined
  readonly fingerprint: string | undefined
  readonly within: string | undefined
}

function resultOf(problem: Problem, { ruleIndex, fingerprint, within }: Beside) {
  const { code, message, where, related = [], hint } = problem
  const text = hint === undefined ? message : `${message}\nhint: ${hint}`
  // Ids count from 1 over what has a place: a link in a message could name one.
  const places = related.flatMap((other) =>
    other.where
      ? [{ message: { text: sarifText(other.message) }, ...sarifLocation(other.where, within) }]
      : [],
  )
  const unplaced = related.flatMap((other) => (other.where ? [] : [`\nsee ${other.message}`])).join('')
  return {
    ruleId: code,
    ...(ruleIndex !== undefined && { ruleIndex }),
    level: isError(problem) ? 'error' : 'warning',
    message: { text: sarifText(text + unplaced) },
    ...(where && { locations: [sarifLocation(where, within)] }),
    ...(places.length > 0 && { relatedLocations: places.map((place, at) => ({ id: at + 1, ...place })) }),
    ...(fingerprint !== undefined && { partialFingerprints: { 'sluiceProblem/v1': fingerprint } }),
  }
}

/** A message as plain text. Brackets that would make a link are escaped (SARIF 3.11.6). */
function sarifText(text: string): string {
  const plain = plainLines(text).toWellFormed()
  return /\]\(/.test(plain) ? plain.replace(/[[\]\\]/g, '\\$&') : plain
}
