import { isObject } from '../base/form.ts'
import type { DeclaredArg } from '../flow/declared.ts'
import { tableLines } from '../report/table-text.ts'
import type { Cli } from './cli.ts'
import { projectOptions } from './options.ts'
import type { ProjectFlags } from './options.ts'
import { isOneNotebook } from './targets.ts'

/** What `sluice run --help <notebook>` adds: the args of the notebook, from its schema. Empty for flows. */
export async function notebookHelp(target: string, flags: ProjectFlags, out: Cli['out']): Promise<string> {
  if (!(await isOneNotebook([target], flags))) return ''
  const { declaredNotebook } = await import('../run/lake-declared.ts')
  const step = await declaredNotebook(projectOptions(flags), target)
  const { file } = step
  const about = step.description === undefined ? '' : `: ${step.description}`
  if (step.argsSchema.length === 0) return `\n${file}${about}\nIt has no args.\n`
  const rows = step.argsSchema.map((arg) => [
    `--arg ${arg.name}=<${typeText(arg.schema)}>`,
    defaultText(arg),
    textAt(arg.schema, 'description') ?? '',
  ])
  const columns = [{ title: 'arg' }, { title: 'default' }, { title: '' }]
  const lines = tableLines(columns, rows, { width: out.width, paint: out.paint })
  return `\n${file}${about}\n${lines.map((line) => `  ${line}`).join('\n')}\n`
}

/** A JSON Schema (2020-12) as a short type: `number`, `2018|2019`, `string[]`, `date`. */
export function typeText(schema: unknown): string {
  if (!isObject(schema)) return 'value'
  const { type, format, items, anyOf, enum: choices, const: only } = schema
  if (Array.isArray(choices)) return choices.map(String).join('|')
  if (only !== undefined) return JSON.stringify(only)
  if (Array.isArray(anyOf)) return anyOf.map(typeText).join('|')
  if (type === 'array') return `${typeText(items)}[]`
  if (typeof format === 'string') return format
  return typeof type === 'string' ? type : 'value'
}

function defaultText({ schema, required }: DeclaredArg): string {
  const value = isObject(schema) ? schema['default'] : undefined
  if (value !== undefined) return typeof value === 'string' ? value : JSON.stringify(value)
  return required ? 'required' : 'none'
}

function textAt(schema: unknown, key: string): string | undefined {
  const value = isObject(schema) ? schema[key] : undefined
  return typeof value === 'string' ? value : undefined
}
