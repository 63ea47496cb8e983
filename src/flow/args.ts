import { z } from 'zod'
import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { toWire, type Json } from '../base/wire.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import { argProblem } from './arg-problem.ts'
import type { StepSettings } from './chain-types.ts'
import { coerceText } from './coerce.ts'
import type { DeclaredArg, DeclaredStep } from './declared.ts'
import type { Describing, Told } from './describe-context.ts'
import { schemaOf } from './schema.ts'
import { sentences } from './sentences.ts'

/** The args of a step, parsed by the notebook's schema, with those of the command line over those of the flow. */
export function describeArgs(
  notebook: AnyNotebook,
  settings: StepSettings,
  told: Told,
  context: Describing,
): Pick<DeclaredStep, 'args' | 'argsSchema' | 'overrides'> {
  const schema = notebook.definition.args
  const known = schema && schemaOf(schema, 'args', told, context)
  const argsSchema = known?.properties ?? []
  const written = { ...settings.args } as Record<string, unknown>
  if (known?.open !== true) refuseUnknown(written, argsSchema, told, context)
  const { values, names } = overridden(argsSchema, told, context)
  const given = { ...written, ...values }
  const args = schema && known ? parse(schema, given, notebook, told, context) : {}
  return { args, argsSchema, overrides: names }
}

function refuseUnknown(
  given: Record<string, unknown>,
  known: readonly DeclaredArg[],
  told: Told,
  { problems }: Describing,
): void {
  for (const name of Object.keys(given)) {
    if (known.some((arg) => arg.name === name)) continue
    delete given[name]
    const hint = didYouMean(
      name,
      known.map((arg) => arg.name),
    )
    const message = sentences.argUnknown(told.step, name)
    problems.push({ code: 'notebook/args-invalid', message, where: told.where, ...(hint && { hint }) })
  }
}

/** What the command line says about the args of a step: `step.arg` before `arg`. */
function overridden(known: readonly DeclaredArg[], told: Told, context: Describing) {
  const values: Record<string, unknown> = {}
  const names: string[] = []
  for (const { name, schema } of known) {
    const keys = [`${told.step}.${name}`, name].filter((key) => Object.hasOwn(context.overrides, key))
    keys.forEach((key) => context.taken.add(key))
    const text = keys[0] === undefined ? undefined : context.overrides[keys[0]]
    if (text === undefined) continue
    names.push(name)
    const coerced = coerceText(text, schema)
    if ('value' in coerced) values[name] = coerced.value
    else context.problems.push(notCoerced(told, name, coerced.expected))
  }
  return { values, names }
}

function notCoerced(told: Told, arg: string, expected: string): Problem {
  return {
    code: 'notebook/args-invalid',
    message: `step '${told.step}': arg '${arg}' of the command line is not ${expected}`,
    where: told.where,
  }
}

function parse(
  schema: z.ZodType,
  given: object,
  notebook: AnyNotebook,
  told: Told,
  context: Describing,
): Json {
  const parsed = tryParse(schema, given)
  if ('threw' in parsed) {
    context.problems.push({
      code: 'notebook/args-invalid',
      message: `step '${told.step}': the schema of its args threw: ${parsed.threw}`,
      where: told.where,
    })
    return {}
  }
  if (!parsed.success) {
    const secret = (arg: string) => isSecret(arg, (given as Record<string, unknown>)[arg], notebook, context)
    context.problems.push(...parsed.error.issues.map((issue) => argProblem(issue, given, secret, told)))
    return {}
  }
  const wired = toWire(parsed.data)
  if (wired !== undefined) return wired
  const bad = Object.entries(parsed.data as object).find(([, value]) => toWire(value) === undefined)
  context.problems.push({
    code: 'notebook/args-invalid',
    message: `step '${told.step}': arg '${bad?.[0] ?? ''}' cannot be kept as JSON`,
    where: told.where,
    hint: 'args are texts, numbers, bigints, booleans, dates, bytes, and lists and objects of them',
  })
  return {}
}

/** Transforms and refinements are the user's code and may throw, or be asynchronous, which zod throws for. */
function tryParse(
  schema: z.ZodType,
  given: object,
): z.ZodSafeParseResult<unknown> | { readonly threw: string } {
  try {
    return schema.safeParse(given)
  } catch (error) {
    return { threw: error instanceof Error ? error.message : String(error) }
  }
}

const secretName = /secret|passw|token|credential|api_?key|private/i

/** Whether the value of an arg must not be shown: by its name, or because it is the value of a secret. */
function isSecret(arg: string, value: unknown, notebook: AnyNotebook, context: Describing): boolean {
  const secrets = notebook.definition.secrets ?? []
  return secretName.test(arg) || secrets.some((name) => name === arg || context.processEnv[name] === value)
}
