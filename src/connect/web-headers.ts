import { ProblemError, type Problem } from '../base/problem.ts'
import type { DeclaredSource } from '../contract/spec.ts'

const reference = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g

/**
 * The headers of a source, with what the process environment holds in place of `${env:NAME}`. Throws a ProblemError
 * (`source/unreadable`) that names all variables that are not set; it holds no value.
 */
export function resolvedHeaders({ name, web, where }: DeclaredSource): Record<string, string> {
  const problems: Problem[] = []
  const told = (header: string, what: string, hint: string) => {
    const message = `source '${name}': the header '${header}' ${what}`
    problems.push({ code: 'source/unreadable', message, ...(where && { where }), hint })
  }
  const entries = Object.entries(web?.headers ?? {}).map(([header, value]) => {
    const text = value.replaceAll(reference, (_, variable: string) => {
      const held = process.env[variable] ?? ''
      if (held === '')
        told(
          header,
          `names the environment variable ${variable}, which is not set or empty`,
          `set ${variable}`,
        )
      return held
    })
    if (/[^\t\x20-\x7e]/.test(text))
      told(header, 'holds an end of a line, or another character that a header cannot hold', 'mend its value')
    return [header.toLowerCase(), text] as const
  })
  if (problems.length > 0) throw new ProblemError(problems)
  return Object.fromEntries(entries)
}
