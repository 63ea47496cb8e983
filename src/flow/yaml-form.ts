import { z } from 'zod'
import type { Place, Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { retriesForm } from './project-config.ts'

const output = z.union([z.string(), z.strictObject({ name: z.string(), path: z.string().optional() })])
const limits = {
  timeout: z.string().optional(),
  retries: retriesForm.optional(),
  memory: z.string().optional(),
  threads: z.number().optional(),
  pool: z.union([z.string(), z.array(z.string())]).optional(),
}

/** A step that places a notebook. */
export const notebookStep = z.strictObject({
  notebook: z.string(),
  name: z.string().optional(),
  args: z.record(z.string(), z.unknown()).optional(),
  inputs: z.record(z.string(), z.string()).optional(),
  outputs: z.record(z.string(), output).optional(),
  ...limits,
})
/** A step that places a flow. */
export const flowStep = z.strictObject({ flow: z.string(), name: z.string().optional() })

const sqlSink = {
  connection: z.string(),
  table: z.string(),
  mode: z.enum(['replace', 'append', 'upsert']).optional(),
  key: z.array(z.string()).optional(),
  deletes: z.boolean().optional(),
}
const file = z.string()
const license = z.strictObject({
  name: z.string(),
  title: z.string().optional(),
  path: z.string().optional(),
})
const sinkForm = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('postgres'), ...sqlSink }),
  z.strictObject({ kind: z.literal('sqlite'), ...sqlSink }),
  z.strictObject({
    kind: z.literal('csv'),
    file,
    delimiter: z.string().optional(),
    header: z.boolean().optional(),
    nulls: z.string().optional(),
    escapeFormulas: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.enum(['json', 'ndjson', 'parquet']), file }),
  z.strictObject({ kind: z.literal('excel'), file, sheet: z.string().optional() }),
  z.strictObject({
    kind: z.literal('datapackage'),
    folder: z.string(),
    format: z.enum(['csv', 'parquet']).optional(),
    name: z.string().optional(),
    title: z.string().optional(),
    description: z.string().optional(),
    licenses: z.array(license).optional(),
  }),
])

/** A delivery. A table is a name, or `module#export`. */
export const delivery = z.strictObject({
  /** One table, or several for a datapackage. */
  table: z.union([z.string(), z.array(z.string()).min(1)]),
  to: sinkForm,
  name: z.string().optional(),
  environments: z.array(z.string()).optional(),
  columns: z.array(z.string()).optional(),
  ...limits,
})

/** The whole, but for the steps, which are parsed one by one. */
export const form = z.strictObject({
  /** The file's name when left out. */
  flow: z.string().optional(),
  description: z.string().optional(),
  publish: z.enum(['step', 'run']).optional(),
  /** `module#export`, or the name of a table that another flow writes. */
  sources: z.array(z.string()).default([]),
  steps: z.array(z.unknown()).min(1, 'expected at least one step'),
  deliver: z.array(z.unknown()).optional(),
})

/** Where a value stands: keys from the outside in. */
export type Path = readonly PropertyKey[]

/** Issues of zod as Problems, with the place of each. */
export function issues(
  error: z.ZodError,
  base: Path,
  known: readonly string[],
  at: (path: Path) => Place,
): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    const path = [...base, ...issue.path]
    if (issue.code !== 'unrecognized_keys') {
      const named = path.length === 0 ? 'the flow' : `'${pathText(path)}'`
      return [{ code: 'flow/invalid', message: `${named}: ${wordsOf(issue)}`, where: at(path) }]
    }
    return issue.keys.map((key) => {
      const hint = issue.path.length === 0 ? didYouMean(key, known) : undefined
      const message = `there is no key '${key}' here`
      return { code: 'flow/invalid' as const, message, where: at([...path, key]), ...(hint && { hint }) }
    })
  })
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (
    issue.code === 'invalid_type' &&
    issue.input === undefined &&
    issue.message.includes('received undefined')
  ) {
    return 'is missing'
  }
  return issue.message.replace(/^Invalid (input|option): /, '')
}

/** `steps[2].args.max`, counting from 1 as people do is left to the line. */
function pathText(path: Path): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`))
    .join('')
}
