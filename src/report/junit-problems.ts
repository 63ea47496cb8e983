import type { Problem } from '../base/problem.ts'
import { orderProblems } from '../base/problem.ts'
import type { Case, Suite } from './junit-form.ts'
import { isError, problemBody, type Told } from './told.ts'

/** The suite of Problems that have no place. */
const project = 'project'
const longestName = 200

/**
 * Problems of a project as suites: one for each file, with a case for each Problem. A file without any has one
 * case that passes, so that a check that found nothing is seen to have looked. A warning is a case that passes
 * and says so: JUnit has no word for it.
 */
export function problemSuites({ problems, files = [] }: Told): Suite[] {
  const byFile = new Map<string, Problem[]>(files.map((file) => [file, []]))
  for (const problem of orderProblems(problems)) {
    const file = problem.where?.file ?? project
    byFile.set(file, [...(byFile.get(file) ?? []), problem])
  }
  return [...byFile].map(([file, own]) => ({ name: file, cases: casesOf(file, own) }))
}

function casesOf(file: string, problems: readonly Problem[]): Case[] {
  if (problems.length === 0) return [{ name: 'no problems', classname: file }]
  const seen = new Map<string, number>()
  return problems.map((problem) => {
    const { code, message } = problem
    // Without line numbers: a CI server knows a case by its name from one run to the next.
    const plain = `${code}: ${firstLine(message)}`
    const count = (seen.get(plain) ?? 0) + 1
    seen.set(plain, count)
    const text = problemBody(problem)
    return {
      name: count === 1 ? plain : `${plain} (${count})`,
      classname: file,
      ...(isError(problem) ? { failures: [{ message, type: code, text }] } : { out: `warning: ${text}` }),
    }
  })
}

function firstLine(message: string): string {
  const [line = ''] = message.split('\n', 1)
  return Array.from(line).slice(0, longestName).join('')
}
