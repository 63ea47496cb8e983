import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ProblemError } from '../base/problem.ts'
import { digestOf, sha256 } from '../base/digest.ts'
import { hashBytes } from '../base/file-hash.ts'
import type { Columns } from '../contract/column.ts'
import { declareColumns, declareOrigin } from '../contract/declare.ts'
import type { DeclaredFlow } from '../flow/declared.ts'
import { describeFlow } from '../flow/describe.ts'
import type { LooseFlow } from '../flow/flow.ts'
import { flow } from '../flow/flow.ts'
import { resolveFlow } from '../flow/resolve.ts'
import { declaredParts } from '../freshness/parts.ts'
import type { AnyInput } from '../contract/input.ts'
import type { AnyNotebook } from '../contract/notebook.ts'
import { loadModule, readAnew, readPlain } from '../notebook/load.ts'
import { edgeName } from './code-facts.ts'
import { absentFile, type DescribeAsk, type Described, type WorkerCalls } from './protocol.ts'
import { isNotebook } from './worker-notebook.ts'

/** Loads a flow, or a notebook that stands alone, and says what it declares. */
export async function describe(ask: DescribeAsk): Promise<Described> {
  const { projectRoot, file, overrides } = ask
  const loaded: Loaded = { modules: new Set(), files: {} }
  if (ask.anew === true) readAnew()
  const early = ask.early === true && (await readEarly(ask))
  if (ask.early === true && !early) return { problems: [], modules: [], files: {}, variables: [] }
  try {
    const found = await loadFlow(projectRoot, file, loaded)
    const {
      flow: declared,
      partial,
      problems,
      variables,
    } = describeFlow(found, { projectRoot, overrides, processEnv: process.env })
    const read = early ? { read: await early() } : {}
    const lists = { modules: [...loaded.modules], files: loaded.files, variables, ...read }
    return {
      ...(declared && { flow: worked({ ...declared, file }) }),
      ...(partial && { partial: { ...partial, flow: { ...partial.flow, file } } }),
      problems,
      ...lists,
    }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const read = early ? { read: await early() } : {}
    return {
      problems: error.problems,
      modules: [...loaded.modules],
      files: loaded.files,
      variables: [],
      ...read,
    }
  }
}

/** Gives the hashes of what is loaded, unless tsx is needed. */
async function readEarly({ projectRoot, file }: DescribeAsk) {
  const plain = await readPlain(path.join(projectRoot, file), projectRoot)
  if (!plain) return undefined
  return async () => {
    const hashes: Record<string, string> = {}
    for (const [read, content] of plain.read) hashes[read] = await hashBytes(content)
    return hashes
  }
}

/** A flow with what every run would work out of it again. */
function worked(declared: DeclaredFlow): DeclaredFlow {
  const { plan } = resolveFlow(declared)
  const steps = declared.steps.map((step) => ({ ...step, parts: declaredParts(step) }))
  return {
    ...declared,
    steps,
    ...(plan && { upstream: plan.steps.map(({ name, upstream }) => [name, upstream] as const) }),
  }
}

interface Loaded {
  readonly modules: Set<string>
  /** Hashes, by path relative to the project. */
  readonly files: Record<string, string>
}

async function loadFlow(root: string, file: string, loaded: Loaded): Promise<LooseFlow> {
  if (/\.ya?ml$/.test(file)) return loadYaml(root, file, loaded)
  loaded.modules.add(file)
  const found = (await loadModule(path.join(root, file), root))['default']
  if (isFlow(found)) return found
  if (isNotebook(found)) return alone(found, file)
  throw new ProblemError({
    code: file.startsWith('flows/') ? 'flow/invalid' : 'notebook/no-export',
    message: `${file} has no ${file.startsWith('flows/') ? 'flow' : 'notebook'} as its default export`,
    where: { file },
    hint: file.startsWith('flows/')
      ? "a flow module says `export default flow('name').step(...)`"
      : 'a notebook module says `export default notebook({ ... })`',
  })
}

async function loadYaml(root: string, file: string, loaded: Loaded): Promise<LooseFlow> {
  const { parseYamlFlow } = await import('../flow/yaml.ts')
  const { yamlToFlow } = await import('../flow/yaml-to-flow.ts')
  const readYaml = async (inner: string) => {
    const bytes = await readFile(path.join(root, inner))
    loaded.files[inner] = sha256(bytes)
    const { flow: parsed, problems } = parseYamlFlow(bytes.toString('utf8'), inner)
    if (!parsed) throw new ProblemError(problems)
    return parsed
  }
  const load = (inner: string) => {
    loaded.modules.add(inner)
    return loadModule(path.join(root, inner), root)
  }
  const absent = (inner: string) => {
    loaded.files[inner] = absentFile
  }
  return yamlToFlow(await readYaml(file), { root, load, readYaml, absent })
}

/** A flow of one notebook: what it reads is taken as it is. */
function alone(notebook: AnyNotebook, file: string): LooseFlow {
  const name = path
    .basename(file)
    .replace(/\.[a-z]+$/, '')
    .replace(/[^A-Za-z0-9_-]/g, '_')
  let chain = flow(name)
  for (const input of Object.values(notebook.inputs as Record<string, AnyInput>))
    chain = chain.source(input) as unknown as typeof chain
  return (chain as unknown as { step: (of: AnyNotebook) => LooseFlow }).step(notebook)
}

function isFlow(value: unknown): value is LooseFlow {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'flow'
}

/** Digests of the contracts that code refers to, by value. One that is not exported has none here. */
export async function contracts(
  ask: Parameters<WorkerCalls['contracts']>[0],
): Promise<ReturnType<WorkerCalls['contracts']>> {
  const digests: Record<string, string> = {}
  for (const edge of ask.edges) {
    const module = await loadModule(path.join(ask.projectRoot, edge.file), ask.projectRoot)
    const found = module[edge.export]
    if (isInput(found)) digests[edgeName(edge)] = inputDigest(found)
  }
  return { digests }
}

/** All of it but where it stands: code that refers to a contract can read anything of it. */
function inputDigest(input: AnyInput): string {
  return digestOf({
    origin: declareOrigin(input, () => undefined),
    columns: declareColumns(input.columns as Columns),
    optional: input.isOptional,
  })
}

function isInput(value: unknown): value is AnyInput {
  return typeof value === 'object' && value !== null && 'origin' in value && 'columns' in value
}
