import { ProblemError } from '../base/problem.ts'
import type { Problem } from '../base/problem.ts'

/**
 * Values of a storage's file with what the process environment holds in place of their references.
 * Throws a ProblemError `storage/config-invalid` that names all variables that are not set.
 */
export function resolved<T extends object>({ name }: { readonly name: string }, values: T): T {
  const problems: Problem[] = []
  const entries = Object.entries(values).map(([key, value]) => [
    key,
    typeof value === 'string' ? withEnvironment(name, key, value, problems) : value,
  ])
  if (problems.length > 0) throw new ProblemError(problems)
  return Object.fromEntries(entries) as T
}

function withEnvironment(storage: string, key: string, text: string, problems: Problem[]): string {
  return text.replaceAll(/\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, variable: string) => {
    const value = process.env[variable]
    // An empty value would make the project's own folder the lake.
    if (value !== undefined && value !== '') return value
    problems.push({
      code: 'storage/config-invalid',
      message: `storage '${storage}': the environment variable ${variable}, which '${key}' refers to, is not set or empty`,
      where: { file: `storage/${storage}.yaml` },
      hint: key === 'root' ? `set ${variable}, or write the folder itself` : `set ${variable}`,
    })
    return ''
  })
}
