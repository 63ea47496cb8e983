import { z } from 'zod'
import { toWire, type Json } from '../base/wire.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import type { Describing, Told } from './describe-context.ts'
import { schemaOf } from './schema.ts'

/**
 * The variables of the environment that a notebook declares, parsed by its schema. Only declared names are
 * read, and no value stands in a Problem: it may be a secret.
 */
export function describeEnv(notebook: AnyNotebook, told: Told, context: Describing): Json {
  const schema = notebook.definition.env
  if (schema === undefined) return {}
  const names = schemaOf(schema, 'env', told, context)?.properties.map(({ name }) => name) ?? []
  const given: Record<string, string> = {}
  for (const name of names) {
    context.variables.add(name)
    const value = context.processEnv[name]
    if (value !== undefined) given[name] = value
  }
  const refuse = (message: string, hint?: string): Json => {
    const problem = {
      code: 'notebook/env-invalid' as const,
      message: `step '${told.step}': ${message}`,
      where: told.where,
    }
    context.problems.push({ ...problem, ...(hint !== undefined && { hint }) })
    return {}
  }
  const parsed = z.safeParse(schema, given)
  if (!parsed.success) {
    for (const { path } of parsed.error.issues) {
      const name = String(path[0] ?? '')
      const set = Object.hasOwn(given, name)
      refuse(
        `the environment variable '${name}' ${set ? 'does not fit what the notebook declares' : 'is not set'}`,
        set ? 'a variable is text: use z.coerce.number() or z.stringbool() for other types' : undefined,
      )
    }
    return {}
  }
  return toWire(parsed.data) ?? refuse('its environment holds a value that cannot be kept as JSON')
}
