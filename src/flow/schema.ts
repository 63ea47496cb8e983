import { z } from 'zod'
import type { Json } from '../base/wire.ts'
import type { DeclaredArg } from './declared.ts'
import type { Describing, Told } from './describe-context.ts'

/** What a zod object takes, as JSON Schema. */
export interface ObjectSchema {
  readonly properties: readonly DeclaredArg[]
  /** Takes keys that it does not declare. */
  readonly open: boolean
}

interface JsonSchema {
  readonly type?: string
  readonly properties?: { readonly [name: string]: Json }
  readonly required?: readonly string[]
  readonly additionalProperties?: Json
}

/**
 * The JSON Schema of a zod object, as its values are given. What JSON cannot say (bigint, Date) is marked
 * by `wire`, as `toWire` writes it. A Problem and undefined when it is not an object.
 */
export function schemaOf(
  schema: z.ZodType,
  word: 'args' | 'env',
  told: Told,
  context: Describing,
): ObjectSchema | undefined {
  try {
    const json = toJson(schema)
    if (json.type !== 'object') throw new TypeError('they must be a zod object, z.object({...})')
    const required = new Set(json.required ?? [])
    const properties = Object.entries(json.properties ?? {})
    return {
      properties: properties.map(([name, property]) => ({
        name,
        schema: property,
        required: required.has(name),
      })),
      open: json.additionalProperties !== undefined && json.additionalProperties !== false,
    }
  } catch (error) {
    // zod throws plain errors for schemas that have no JSON form: the user's mistake, told with its reason.
    const reason = error instanceof Error ? error.message : String(error)
    const message = `step '${told.step}': its ${word} cannot be described: ${reason}`
    context.problems.push({ code: 'contract/option-invalid', message, where: told.where })
    return undefined
  }
}

function toJson(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // eslint-disable-next-line no-underscore-dangle -- zod's name for what it offers to libraries
      const { type } = zodSchema._zod.def
      if (type === 'bigint') Object.assign(jsonSchema, { type: 'integer', wire: 'bigint' })
      if (type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time', wire: 'date' })
    },
  }) as JsonSchema
}
