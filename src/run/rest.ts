import { rmSync } from 'node:fs'
import path from 'node:path'
import { digestOf, sha256 } from '../base/digest.ts'
import { readJsonFile, writeJsonFile } from '../base/json-file.ts'
import { inOwnFolder } from '../base/own-folder.ts'
import type { Json } from '../base/wire.ts'
import { cacheFolder } from '../flow/project.ts'
import { semantics } from '../freshness/parts.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { Reason } from '../freshness/reason.ts'
import { isElsewhere, sourceFiles } from '../freshness/source-files.ts'
import { statKey } from '../notebook/stat-index.ts'
import { layout } from '../storage/layout.ts'
import {
  cacheFile,
  readCache,
  unsure,
  type Cached,
  type Look,
  type Origins,
  stillness,
} from './declared-cache.ts'
import type { StepFinished } from './events.ts'
import { hasLanded } from './archive.ts'
import type { PlannedFlow } from './planned.ts'
import type { Workspace } from './workspace.ts'

/** The form of what is kept: another form counts as none. */
const form = 1

/**
 * What a run that had nothing to do has found, so that the next one can tell by stats alone that nothing
 * changed: the same code, declarations, sources and outputs, at the same commit. It says nothing else: at any
 * difference the run looks at everything, as if this were not there.
 */
interface Rest extends Origins {
  readonly form: number
  readonly lake: string
  readonly engine: string
  readonly semantics: string
  readonly commit: number
  /** The stat of the commit's log entry. */
  readonly log: string
  /** Stats of code, sources and outputs. */
  readonly look: Look
  readonly sources: readonly RestingSource[]
  readonly flows: readonly RestingFlow[]
}

interface RestingSource extends Pick<DeclaredSource, 'paths' | 'landing'> {
  readonly files: readonly string[]
}

/** A flow whose steps are all fresh, with the results that they gave. */
export interface RestingFlow {
  readonly name: string
  readonly steps: readonly {
    readonly step: string
    readonly notebook: string
    readonly reasons?: readonly Reason[]
    readonly result?: Json
  }[]
}

/** The flows of a run that has nothing to do; undefined where that cannot be told by stats. */
export async function flowsAtRest(
  workspace: Workspace,
  files: readonly string[],
): Promise<readonly RestingFlow[] | undefined> {
  const { root, engine, lake } = workspace
  const rest = readJsonFile<Rest>(restFile(workspace, files))
  if (rest?.form !== form || rest.lake !== lake.id || rest.engine !== engine) return undefined
  if (rest.semantics !== semantics) return undefined
  if (logStat(workspace, rest.commit) !== rest.log || stillness(rest, root) !== 'at rest') return undefined
  for (const { files: before, ...source } of rest.sources) {
    const now = await sourceFiles(source, root)
    if (now.join('\0') !== before.join('\0')) return undefined
  }
  return rest.flows
}

/** Keeps what a run that had nothing to do has found, where all of it can be told by stats. */
export async function keepRest(
  workspace: Workspace,
  files: readonly string[],
  planned: readonly PlannedFlow[],
  steps: readonly StepFinished[],
): Promise<void> {
  const { lake, engine, index, envName } = workspace
  // Nothing can be told by stats on a bucket, so nothing is asked of it.
  if (lake.storage.pathOf(layout.log(envName, 1)) === undefined) return
  const { commit } = await workspace.env.state()
  const log = logStat(workspace, commit)
  const all = planned.flatMap(({ resolved }) => resolved.steps)
  // What grows old, and what is not seen, is asked for each time.
  const timed =
    all.some((step) => step.volatile || step.expiresAfter !== undefined) ||
    planned.some(({ resolved }) => resolved.flow.sources.some(isElsewhere))
  const watched = planned.some(({ resolved }) => resolved.flow.plugins.length > 0)
  const cached = files.flatMap((file) => readCache(cacheFile(workspace, file, {})) ?? [])
  const look = joined(cached, index.seen())
  if (await hasLanded(workspace, planned)) return
  if (log === undefined || timed || watched || cached.length !== files.length || !look) return
  const sources = await Promise.all(
    planned
      .flatMap(({ resolved }) => resolved.flow.sources)
      .map(async ({ paths, landing }) => {
        const source = { paths, ...(landing && { landing }) }
        return { ...source, files: await sourceFiles(source, workspace.root) }
      }),
  )
  const rest: Rest = {
    form,
    lake: lake.id,
    engine,
    semantics,
    commit,
    log,
    look,
    modules: {},
    files: merged(cached.map((each) => each.files)),
    variables: merged(cached.map((each) => each.variables)),
    sources,
    flows: restingFlows(planned, steps),
  }
  writeJsonFile(restFile(workspace, files), rest)
}

/** All stats as one; undefined where a file is so new that a later edit could leave its stat as it is. */
function joined(
  cached: readonly Cached[],
  data: readonly { path: string; key: string | null; racy: boolean }[],
): Look | undefined {
  const [first] = cached
  if (!first?.look || cached.some(({ look }) => !look) || data.some(({ racy }) => racy)) return undefined
  if (cached.some(({ look }) => look?.stats.some(([, key]) => key?.startsWith(unsure)))) return undefined
  const stats = new Map([
    ...cached.flatMap(({ look }) => look?.stats ?? []),
    ...data.map((each) => [each.path, each.key] as const),
  ])
  return {
    ...first.look,
    codes: {},
    stats: [...stats],
    leads: cached.flatMap(({ look }) => look?.leads ?? []),
  }
}

/** The ends come in the order of the flows, as many as each has steps. */
function restingFlows(planned: readonly PlannedFlow[], steps: readonly StepFinished[]): RestingFlow[] {
  let from = 0
  return planned.map(({ resolved }) => {
    const own = steps.slice(from, (from += resolved.steps.length))
    const list = own.map(({ step, notebook, reasons, result }) => ({
      step,
      notebook,
      ...(reasons.length > 0 && { reasons }),
      ...(result !== undefined && { result }),
    }))
    return { name: resolved.flow.name, steps: list }
  })
}

/** The stat of a commit's log entry, while it is the last one. On a bucket there is none. */
function logStat({ lake, envName }: Workspace, commit: number): string | undefined {
  const [last, next] = [commit, commit + 1].map((number) => lake.storage.pathOf(layout.log(envName, number)))
  if (last === undefined || next === undefined || statKey(next) !== null) return undefined
  return statKey(last) ?? undefined
}

/** Forgets what runs with nothing to do have found, for all flows: files were found damaged behind their stats. */
export function forgetRest(root: string): void {
  inOwnFolder(root, path.join(root, cacheFolder), (held) => {
    rmSync(path.join(held, 'rest'), { recursive: true, force: true })
  })
}

function restFile({ root, envName, lake }: Workspace, files: readonly string[]): string {
  const name = sha256(digestOf({ files, env: envName, storage: lake.storage.place })).slice(0, 24)
  return path.join(root, cacheFolder, 'rest', `${name}.json`)
}

function merged(records: readonly { readonly [name: string]: string }[]): Record<string, string> {
  return Object.fromEntries(records.flatMap((record) => Object.entries(record)))
}
