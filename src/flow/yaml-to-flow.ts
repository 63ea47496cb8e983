import path from 'node:path'
import {
  InternalError,
  orderProblems,
  ProblemError,
  problemsOf,
  type Place,
  type Problem,
} from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Columns } from '../contract/column.ts'
import { makeInput, type AnyInput, type Inputs } from '../contract/input.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import type { StepSettings } from './chain-types.ts'
import { chain, type Link, type LooseFlow } from './flow.ts'
import { listFlows } from './project.ts'
import type { ParsedFlow, YamlLink } from './yaml.ts'
import { toDelivery } from './yaml-delivery.ts'
import { findFile, isKind, loadNotebook, problem, readReference, type YamlLoading } from './yaml-modules.ts'

export type { YamlLoading } from './yaml-modules.ts'

/**
 * Loads the notebooks, tables and flows that a YAML flow names, and builds the links that a chain in
 * TypeScript has. Throws a ProblemError with everything that is not there.
 */
export async function yamlToFlow(
  parsed: ParsedFlow,
  loading: YamlLoading,
  around: readonly string[] = [],
): Promise<LooseFlow> {
  const trail = [...around, parsed.file]
  const problems: Problem[] = []
  const gather = async (
    links: readonly YamlLink[],
    make: (link: YamlLink) => Promise<Link>,
  ): Promise<Link[]> => {
    const made: Link[] = []
    for (const link of links) {
      try {
        made.push(await make(link))
      } catch (error) {
        const found = problemsOf(error)
        if (found === undefined) throw error
        problems.push(...found)
      }
    }
    return made
  }
  const ofKind = (...kinds: readonly YamlLink['kind'][]) =>
    parsed.links.filter(({ kind }) => kinds.includes(kind))
  const steps = await gather(ofKind('notebook', 'flow'), (link) => toStep(link, loading, trail))
  const read = tablesRead(steps)
  const sources = await gather(ofKind('source'), (link) => toSource(link, read, loading))
  const deliveries = await gather(ofKind('deliver'), (link) =>
    toDelivery(link, [...sources, ...steps], loading),
  )
  if (problems.length > 0) throw new ProblemError(orderProblems(problems))
  const { name, description, publish, where } = parsed
  const options = { ...(description !== undefined && { description }), ...(publish && { publish }) }
  return chain<never>(name, options, [...sources, ...steps, ...deliveries], absolute(where, loading))
}

/** A flow keeps absolute places; `describeFlow` makes them relative. */
function absolute(where: Place, { root }: YamlLoading): Place {
  return { ...where, file: path.resolve(root, where.file) }
}

/** The tables that the notebooks of steps read, by name, as those notebooks know them. */
function tablesRead(steps: readonly Link[]): Map<string, AnyInput> {
  const read = new Map<string, AnyInput>()
  for (const link of steps) {
    if (link.kind !== 'step' || link.of.kind !== 'notebook') continue
    const inputs = { ...(link.of.inputs as Inputs), ...link.settings.inputs }
    for (const input of Object.values(inputs)) if (!read.has(input.name)) read.set(input.name, input)
  }
  return read
}

async function toSource(
  link: YamlLink,
  read: ReadonlyMap<string, AnyInput>,
  loading: YamlLoading,
): Promise<Link> {
  if (link.kind !== 'source') throw new InternalError('a step of a YAML flow was taken for a source')
  const { reference, where } = link
  const site = absolute(where, loading)
  if (reference.includes('#'))
    return { kind: 'source', input: await readReference(reference, where, loading), site }
  const known = read.get(reference)
  if (known === undefined) {
    throw problem(
      'flow/table-unknown',
      `no step of the flow reads the table '${reference}'`,
      where,
      didYouMean(reference, read.keys()),
    )
  }
  const { kind, name, origin } = known
  const input = makeInput({
    kind,
    name,
    origin,
    columns: origin.columns as Columns,
    picked: false,
    isOptional: false,
  })
  return { kind: 'source', input, site }
}

async function toStep(link: YamlLink, loading: YamlLoading, trail: readonly string[]): Promise<Link> {
  if (link.kind === 'source' || link.kind === 'deliver')
    throw new InternalError('a source or delivery of a YAML flow was taken for a step')
  const site = absolute(link.where, loading)
  if (link.kind === 'flow') {
    const of = await loadFlow(link.step.flow, link.where, loading, trail)
    return { kind: 'step', of, settings: link.step.name === undefined ? {} : { name: link.step.name }, site }
  }
  const of = await loadNotebook(link.step.notebook, link.at(['notebook']), loading)
  const { notebook: _, inputs, ...rest } = link.step
  const bound: Record<string, AnyInput> = {}
  for (const [handle, text] of Object.entries(inputs ?? {})) {
    bound[handle] = await bindInput(of, handle, text, link.at(['inputs', handle]), loading)
  }
  const settings: StepSettings = { ...rest, ...(inputs && { inputs: bound }) }
  return { kind: 'step', of, settings, site }
}

/** A table by its name alone is read as the notebook expects it; the flow compares the columns. */
async function bindInput(
  notebook: AnyNotebook,
  handle: string,
  text: string,
  where: Place,
  loading: YamlLoading,
): Promise<AnyInput> {
  if (text.includes('#')) return readReference(text, where, loading)
  const inputs = notebook.inputs as Inputs
  const columns: AnyInput['columns'] = Object.hasOwn(inputs, handle) ? inputs[handle]?.columns : {}
  return makeInput({
    kind: 'table',
    name: text,
    columns,
    origin: { name: text, columns },
    picked: false,
    isOptional: false,
  })
}

async function loadFlow(
  name: string,
  where: Place,
  loading: YamlLoading,
  trail: readonly string[],
): Promise<LooseFlow> {
  const endings = ['ts', 'mts', 'yaml', 'yml']
  const file = findFile(loading, [
    name,
    `flows/${name}`,
    ...endings.map((ending) => `flows/${name}.${ending}`),
  ])
  if (file === undefined) {
    const hint = didYouMean(
      name,
      listFlows(loading.root).map((flow) => flow.name),
    )
    throw problem('project/unknown', `there is no flow '${name}'`, where, hint)
  }
  if (trail.includes(file)) {
    throw problem(
      'flow/cycle',
      `flows contain each other in a circle: ${[...trail, file].join(' -> ')}`,
      where,
    )
  }
  if (/\.ya?ml$/.test(file)) return yamlToFlow(await loading.readYaml(file), loading, trail)
  const exported = (await loading.load(file))['default']
  if (isKind(exported, 'flow')) return exported as unknown as LooseFlow
  throw problem('flow/invalid', `${file} has no flow as its default export`, where)
}
