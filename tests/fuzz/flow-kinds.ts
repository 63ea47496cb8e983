import fc from 'fast-check'
import { z } from 'zod'
import { Sql } from '../../src/contract/sql.ts'
import type { DeclaredFlow } from '../../src/flow/declared.ts'
import { describeFlow } from '../../src/flow/describe.ts'
import { chain } from '../../src/flow/flow.ts'
import { resolveFlow } from '../../src/flow/resolve.ts'
import { selectSteps } from '../../src/flow/select-steps.ts'
import { notebook, source, t, table, type Columns } from '../../src/index.ts'
import { kind, type Kinds } from './kind.ts'
import { anyJson, oddNames } from './texts.ts'

/** What a notebook can declare as args. */
const schemas = [
  z.object({
    n: z.number(),
    s: z.string().default('x'),
    b: z.boolean().optional(),
    e: z.enum(['a', 'b']).default('a'),
  }),
  z.object({
    list: z.array(z.int()).default([]),
    when: z.iso.date().optional(),
    deep: z.object({ a: z.bigint() }).optional(),
  }),
  z.strictObject({
    any: z.union([z.number(), z.string(), z.null()]),
    r: z.record(z.string(), z.number()).default({}),
  }),
]

function describeWith(schema: z.ZodType, args: unknown, overrides: Record<string, string>): unknown {
  const out = table('a.out', { n: t.bigint() })
  const made = notebook({
    name: 'one',
    outputs: { out },
    args: schema,
    select: { out: () => new Sql(['SELECT 1 AS n'], []) },
  })
  const flow = chain<never>('main', {}, [{ kind: 'step', of: made, settings: { args } as never }], undefined)
  return describeFlow(flow, {
    projectRoot: '/project',
    fileOf: () => 'notebooks/one.ts',
    overrides,
    processEnv: {},
  })
}

const names = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a.x', 'a.y', 'b.x', 'A.x', 'c') },
  { weight: 1, arbitrary: oddNames },
)
const columns = fc.dictionary(
  fc.oneof(fc.constantFrom('id', 'ID', 'n'), oddNames),
  fc.constantFrom(t.bigint(), t.varchar(), t.date()),
  {
    minKeys: 1,
    maxKeys: 4,
  },
)

/** A flow of notebooks that read and write tables of any names, in any order. */
const anyFlow = fc.array(
  fc.tuple(names, fc.array(names, { maxLength: 3 }), fc.array(names, { maxLength: 2 }), columns),
  { maxLength: 8 },
)

function resolveAny(
  steps: readonly (readonly [string, readonly string[], readonly string[], Columns])[],
): DeclaredFlow | undefined {
  const links = steps.map(([name, reads, writes, shape]) => {
    const tables = (list: readonly string[]) =>
      Object.fromEntries(list.map((each, at) => [`h${at}`, table(each, shape)]))
    const made = notebook({ name, inputs: tables(reads), outputs: tables(writes), run: () => undefined })
    return { kind: 'step' as const, of: made as never, settings: {} }
  })
  const raw = source.csv('x.csv', { columns: { n: t.bigint() } })
  const flow = chain<never>('main', {}, [{ kind: 'source', input: raw as never }, ...links], undefined)
  const fileOf = (one: { readonly name?: string }) => `notebooks/${one.name ?? 'x'}.ts`
  const { flow: declared } = describeFlow(flow, {
    projectRoot: '/project',
    fileOf,
    overrides: {},
    processEnv: {},
  })
  if (declared) resolveFlow(declared)
  return declared
}

const planned = resolveFlow(
  describeFlow(
    chain<never>(
      'main',
      {},
      ['a', 'b', 'c'].map((name) => ({
        kind: 'step' as const,
        of: notebook({
          name: name.repeat(60),
          outputs: { o: table(`t.${name}`, { n: t.bigint() }) },
          run: () => undefined,
        }) as never,
        settings: {},
      })),
      undefined,
    ),
    {
      projectRoot: '/project',
      fileOf: ({ name = 'x' }) => `notebooks/${name}.ts`,
      overrides: {},
      processEnv: {},
    },
  ).flow!,
).plan!

const patterns = fc.oneof(
  fc
    .array(fc.constantFrom('a', '*', '**', '?', '+', 'tag:', '.', '/', '[', '(', '\\', '{', 'b', '$', '^'), {
      maxLength: 40,
    })
    .map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
)

const dictionary = fc.dictionary(
  fc.oneof(fc.constantFrom('n', 's', 'list', 'any', 'deep', 'b'), oddNames),
  fc.oneof(
    oddNames,
    fc.string({ maxLength: 10 }),
    anyJson.map((json) => JSON.stringify(json) ?? ''),
  ),
  { maxKeys: 4 },
)

/** What is declared, asked for and selected. */
export const flowKinds: Kinds = {
  'declared flows': kind(3000, anyFlow, resolveAny),
  args: kind(2000, fc.tuple(fc.constantFrom(...schemas), anyJson), ([schema, args]) =>
    describeWith(schema, args, {}),
  ),
  '--arg': kind(2000, fc.tuple(fc.constantFrom(...schemas), dictionary), ([schema, args]) =>
    describeWith(schema, { n: 1, any: 1 }, args),
  ),
  selections: kind(1500, patterns, (pattern) => selectSteps(planned, [pattern])),
}
