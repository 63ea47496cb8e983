import { isMap, isNode, LineCounter, type Document } from 'yaml'
import { z } from 'zod'
import { ProblemError, type Place, type Problem } from '../base/problem.ts'
import { readYaml, yamlValue } from '../base/yaml-text.ts'
import { didYouMean } from '../base/suggest.ts'
import { parseDuration } from '../base/duration.ts'
import { segmentFault } from '../base/names.ts'
import { parseSize } from '../base/size.ts'
import { connectionsForm } from '../connect/config.ts'
import { retryCauses } from '../contract/limits.ts'

const memory = z.string().refine((text) => parseSize(text) !== undefined, 'such as 4GB')

const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "no length of time, such as '30s', '10m' or '1h30m'")

/** A reader may be at what was a head a moment ago. */
const leastHour = duration.refine(
  (text) => (parseDuration(text) ?? 0) >= 3_600_000,
  "less than an hour ('1h')",
)

/** How steps are tried again: how often, or more of it. */
const times = z.number().int().min(0).max(100)
export const retriesForm = z.union(
  [
    times,
    z.strictObject({
      times,
      delay: duration.optional(),
      maxDelay: duration.optional(),
      on: z.array(z.enum(retryCauses)).optional(),
    }),
  ],
  { error: 'a whole number from 0 to 100, or such as { times: 3, delay: 1s, maxDelay: 1m, on: [timeout] }' },
)

const poolName = z
  .string()
  .refine((name) => segmentFault(name) === undefined, 'a name has letters, digits, _ and -')

const schema = z.strictObject({
  /** The environment of runs that do not say one. */
  env: z.string().default('dev'),
  /** The storage of runs that do not say one: a file of `storage/`. */
  storage: z.string().default('local'),
  /** Environments that are never a default and take no ad-hoc args. */
  protected: z.array(z.string()).default(['prod']),
  /** Environments that no run writes to: they take promotes and rollbacks. */
  promoteOnly: z.array(z.string()).default([]),
  /** What environments begin as, by name; `*` stands for any letters. */
  environments: z.record(z.string(), z.strictObject({ from: z.string() })).default({}),
  /** The environment of a git branch, for runs that do not say one: the first rule that fits. */
  branches: z.array(z.strictObject({ branch: z.string(), env: z.string() })).default([]),
  /** How many steps run at once. */
  concurrency: z.number().int().min(1).max(256).optional(),
  /** Memory of the engine, all processes together. */
  memory: memory.optional(),
  /** The time limit of steps that do not say one. */
  timeout: duration.optional(),
  /** Limits of steps that do not say their own. */
  defaults: z
    .strictObject({
      timeout: duration.optional(),
      retries: retriesForm.optional(),
      memory: memory.optional(),
      threads: z.number().int().min(1).max(1024).optional(),
    })
    .prefault({}),
  /** How many steps of a pool run together. */
  pools: z.record(poolName, z.number().int().min(1).max(256)).default({}),
  /** Whether runs go on with steps that do not depend on a failed one. */
  keepGoing: z.boolean().default(false),
  /** What `sluice gc` leaves. */
  gc: z
    .strictObject({
      /** Versions that an environment has had within this time. */
      retain: leastHour.default('7d'),
      /** What nobody names, but was written within this time. */
      grace: leastHour.default('1d'),
      /** Records of the runs of this time. */
      runs: leastHour.default('90d'),
    })
    .prefault({}),
  /** Whether runs in the lake's default environment export their tables for readers of Delta tables. */
  delta: z.boolean().default(true),
  /** Databases, by the names that sources and deliveries call them. */
  connections: connectionsForm.default({}),
  /** Modules that export plugins, relative to the project. */
  plugins: z.array(z.string()).default([]),
  /** The reports of commands that are called without `--report`, such as `junit=out/run.xml`; paths from the project. */
  reports: z
    .strictObject({ run: z.array(z.string()).optional(), check: z.array(z.string()).optional() })
    .optional(),
})

/** What `sluice.yaml` says. */
export type ProjectConfig = z.output<typeof schema>

/** Parses and checks the text of `sluice.yaml`; throws a ProblemError with all that is wrong and where. */
export function parseConfig(text: string, file: string): ProjectConfig {
  const lines = new LineCounter()
  const document = readYaml(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  if (document.errors.length > 0) {
    throw new ProblemError(
      document.errors.map((error) => ({
        code: 'project/config-invalid' as const,
        message: `${file} is not valid YAML: ${error.message}`,
        where: at(error.pos[0]),
      })),
    )
  }
  const parsed = schema.safeParse(valueOf(document, file) ?? {})
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey([...issue.path, key], document, file, at))
    const said = (issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? '') : issue.message).replace(
      /^Invalid input: /,
      '',
    )
    const message =
      issue.path.length === 0
        ? `${file} holds no settings, such as 'env: dev': ${said}`
        : `${file}: \`${issue.path.join('.')}\`: ${said}`
    return {
      code: 'project/config-invalid' as const,
      message,
      where: at(offsetOf(issue.path, document)),
    }
  })
  throw new ProblemError(problems)
}

function valueOf(document: Document, file: string): unknown {
  const read = yamlValue(document)
  if ('value' in read) return read.value
  throw new ProblemError({
    code: 'project/config-invalid',
    message: `${file} is not valid YAML: ${read.fault}`,
    where: { file },
  })
}

/** Where a value stands, or what it is missing in. */
function offsetOf(path: readonly PropertyKey[], document: Document): number {
  const node = document.getIn(path, true)
  if (isNode(node)) return node.range?.[0] ?? 0
  return path.length > 0 ? offsetOf(path.slice(0, -1), document) : 0
}

function unknownKey(
  path: readonly PropertyKey[],
  document: Document,
  file: string,
  at: (offset: number) => Place,
): Problem {
  const key = String(path.at(-1))
  const map = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents
  const pair = isMap(map) ? map.items.find((item) => String(item.key) === key) : undefined
  const offset = isNode(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0
  return {
    code: 'project/config-invalid',
    message: `${file}: there is no setting \`${path.join('.')}\``,
    where: at(offset),
    hint: path.length > 1 ? undefined : didYouMean(key, Object.keys(schema.shape)),
  }
}
