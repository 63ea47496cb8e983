import path from 'node:path'
import { problemsOf, ProblemError, type Problem } from '../base/problem.ts'
import { isAddress } from '../contract/source-web.ts'
import type { StepFindings } from '../freshness/findings.ts'

/**
 * What is wrong in a file from the web is told at its address: where its copy is kept says nothing to people. An error
 * that is no Problem stays as it is.
 */
export function atAddresses(
  error: unknown,
  { sources }: Pick<StepFindings, 'sources'>,
  root: string,
): unknown {
  const problems = problemsOf(error)
  const addresses = new Map<string, string>()
  for (const { files, names } of sources.values())
    for (const [at, file] of files.entries()) {
      const name = names[at] ?? ''
      if (isAddress(name)) addresses.set(file, name)
    }
  if (!problems || addresses.size === 0) return error
  return new ProblemError(problems.map((problem) => atAddress(problem, addresses, root)))
}

function atAddress(problem: Problem, addresses: ReadonlyMap<string, string>, root: string): Problem {
  let { message } = problem
  for (const [file, address] of addresses)
    for (const copy of [file, path.relative(root, file)]) message = message.replaceAll(copy, address)
  const { where } = problem
  const address = where && addresses.get(path.resolve(root, where.file))
  return { ...problem, message, ...(address !== undefined && { where: { ...where, file: address } }) }
}
