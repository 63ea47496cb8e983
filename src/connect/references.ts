import { ProblemError, type Problem } from '../base/problem.ts'
import type { ConnectionConfig } from './config.ts'

const reference = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}/g

/**
 * A connection with what the process environment holds in place of its references. Throws a ProblemError
 * (`connection/config-invalid`) that names all variables that are not set.
 */
export function resolvedConfig<C extends ConnectionConfig>(connection: string, config: C): C {
  const problems: Problem[] = []
  const entries = Object.entries(config).map(([key, value]) => {
    if (typeof value !== 'string') return [key, value] as const
    const inUrl = key === 'url' && value.startsWith('postgres')
    return [
      key,
      value.replaceAll(reference, (_, variable: string) => {
        const held = process.env[variable]
        if (held !== undefined && held !== '') return inUrl ? encodeURIComponent(held) : held
        problems.push({
          code: 'connection/config-invalid',
          message: `connection '${connection}': the environment variable ${variable}, which '${key}' refers to, is not set or empty`,
          where: { file: 'sluice.yaml' },
          hint: `set ${variable}`,
        })
        return ''
      }),
    ] as const
  })
  if (problems.length > 0) throw new ProblemError(problems)
  return Object.fromEntries(entries) as C
}
