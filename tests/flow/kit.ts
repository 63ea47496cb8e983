import { z } from 'zod'
import type { Problem } from '../../src/base/problem.ts'
import type { AnyNotebook } from '../../src/contract/notebook.ts'
import type { DeclaredFlow } from '../../src/flow/declared.ts'
import { describeFlow, type DescribeContext, type FlowDescription } from '../../src/flow/describe.ts'
import { chain, type Link, type LooseFlow } from '../../src/flow/flow.ts'
import { resolveFlow, type ResolvedFlow } from '../../src/flow/resolve.ts'
import type { StepSettings, Steppable } from '../../src/flow/chain-types.ts'
import type { AnyInput } from '../../src/contract/input.ts'
import { notebook, sql, table, t } from '../../src/index.ts'

const projectRoot = '/project'

/** Describes a flow as if each notebook stood in `notebooks/<its name, with / for __>.ts`. */
export function described(flow: LooseFlow, change: Partial<DescribeContext> = {}): FlowDescription {
  const fileOf = (one: AnyNotebook) => `notebooks/${(one.name ?? 'unnamed').replaceAll('__', '/')}.ts`
  return describeFlow(flow, { projectRoot, fileOf, overrides: {}, processEnv: {}, ...change })
}

/** A flow that must be without Problems, as JSON. */
export function declared(flow: LooseFlow, change: Partial<DescribeContext> = {}): DeclaredFlow {
  const { flow: made, problems } = described(flow, change)
  if (made === undefined) throw new Error(lines(problems).join('\n'))
  return made
}

/** A flow that must be without Problems, resolved. */
export function resolved(flow: LooseFlow): ResolvedFlow {
  const { plan, problems } = resolveFlow(declared(flow))
  if (plan === undefined) throw new Error(lines(problems).join('\n'))
  return plan
}

/** `code: message` of each Problem. */
export function lines(problems: readonly Problem[]): string[] {
  return problems.map(({ code, message }) => `${code}: ${message}`)
}

/** A flow built without the types, which would refuse what is tested here. */
export function loose(
  name: string,
  ...links: (AnyInput | Steppable | [Steppable, StepSettings])[]
): LooseFlow {
  const made = links.map((link): Link => {
    if (Array.isArray(link)) return { kind: 'step', of: link[0], settings: link[1] }
    if (link.kind === 'notebook' || link.kind === 'flow') return { kind: 'step', of: link, settings: {} }
    return { kind: 'source', input: link }
  })
  return chain<never>(name, {}, made, undefined)
}

/** A table of one column. */
export const simple = <const N extends string>(name: N) => table(name, { id: t.bigint() })

/** A notebook that reads and writes tables of one column. */
export function reader(
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  tags: readonly string[] = [],
): AnyNotebook {
  const handles = (names: readonly string[]) =>
    Object.fromEntries(names.map((each) => [each.replaceAll('.', '_'), simple(each)]))
  return notebook({ name, tags, inputs: handles(inputs), outputs: handles(outputs), run() {} })
}

export const raw = table('bronze.raw', { id: t.bigint(), fare: t.double().nullable() }, { key: ['id'] })
export const trips = table('silver.trips', { id: t.bigint(), fare: t.double().nullable() })

export const clean = notebook({
  name: 'clean',
  inputs: { raw: raw.pick('id') },
  outputs: { trips },
  args: z.object({ max: z.number().default(500), zones: z.array(z.number()).optional() }),
  select: { trips: ({ raw }) => sql`SELECT * FROM ${raw}` },
})
