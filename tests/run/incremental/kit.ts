import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { digestOf } from '../../../src/base/digest.ts'
import { fromWire } from '../../../src/base/wire.ts'
import { openDuckDb } from '../../../src/engine/duckdb/open.ts'
import type { Engine, SessionRequest } from '../../../src/engine/engine.ts'
import type { DeclaredFlow, DeclaredStep } from '../../../src/flow/declared.ts'
import { describeFlow } from '../../../src/flow/describe.ts'
import { lookAtStep, type CodeFact } from '../../../src/freshness/findings.ts'
import { stepKey } from '../../../src/freshness/step-key.ts'
import { judge } from '../../../src/freshness/verdict.ts'
import { openLake, type Lake } from '../../../src/lake/lake.ts'
import type { EnvState, StepRecord } from '../../../src/lake/types.ts'
import { openIndex } from '../../../src/notebook/open-index.ts'
import type { StatIndex } from '../../../src/notebook/stat-index.ts'
import { committerByStep } from '../../../src/run/committer.ts'
import { compute } from '../../../src/run/compute.ts'
import { computeWithDigests, digestQueries } from '../../../src/run/compute-queries.ts'
import type { EngineCalls, NamedQuery, RunAsk } from '../../../src/run/protocol.ts'
import { renderSelects } from '../../../src/run/render-selects.ts'
import { runCode } from '../../../src/run/run-code.ts'
import { detailOfRecord } from '../../../src/run/record-detail.ts'
import type { RunScope } from '../../../src/run/scope.ts'
import { settleStep } from '../../../src/run/step.ts'
import { rebuildKnown } from '../../../src/run/what-changed.ts'
import { localStorage } from '../../../src/storage/local.ts'
import { notebooks, stories } from './notebooks.ts'

/** What a wrong variant of Sluice does to what the engine is asked. */
export interface Wrong {
  readonly compute?: (ask: { request: SessionRequest; queries: readonly NamedQuery[] }) => {
    request: SessionRequest
    queries: readonly NamedQuery[]
  }
  readonly state?: (state: EnvState) => EnvState
}

/** How a step ended. */
export interface Ended {
  readonly outcome: string
  /** `full` and why, or `changes`; undefined for a step that did not run, or is not incremental. */
  readonly how: string | undefined
}

/**
 * A lake and steps as a run settles them: verdicts, queries, commits and files are real. The work of other processes
 * is done in this one, so that hundreds of runs take seconds.
 */
export class StoryRig {
  readonly folder: string
  readonly lake: Lake
  readonly flow: DeclaredFlow
  /** The code version of each step, for stories in which code changes. */
  readonly code = new Map<string, number>()
  private readonly engine: Engine
  private readonly index: StatIndex
  private readonly wrong: Wrong
  private folders = 0

  private constructor(folder: string, lake: Lake, engine: Engine, wrong: Wrong) {
    this.folder = folder
    this.lake = lake
    this.engine = engine
    this.wrong = wrong
    this.index = openIndex(path.join(folder, 'cache'))
    const fileOf = (notebook: unknown) =>
      path.join(folder, `notebooks/${[...notebooks].find(([, each]) => each === notebook)?.[0]}.ts`)
    const context = { projectRoot: folder, overrides: {}, processEnv: {}, fileOf }
    const { flow, problems } = describeFlow(stories, context)
    if (!flow) throw new Error(JSON.stringify(problems))
    this.flow = flow
  }

  static async open(wrong: Wrong = {}): Promise<StoryRig> {
    const folder = await mkdtemp(path.join(tmpdir(), 'sluice-stories-'))
    const lake = await openLake(localStorage(path.join(folder, 'lake')))
    const tempFolder = path.join(folder, 'spill')
    return new StoryRig(folder, lake, await openDuckDb({ memory: '500MB', threads: 2, tempFolder }), wrong)
  }

  async close(): Promise<void> {
    await this.engine.close()
    await this.lake.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  state(): Promise<EnvState> {
    return this.lake.env('dev').state()
  }

  /** Settles all steps in order. */
  async run(forced: readonly string[] = []): Promise<Record<string, Ended>> {
    const ends: Record<string, Ended> = {}
    for (const step of this.flow.steps) {
      const settled = await settleStep(await this.scope(forced), step, { rest: () => Promise.resolve() })
      const { outcome, incremental } = settled
      const how = incremental && (incremental.full === undefined ? 'changes' : `full: ${incremental.full}`)
      ends[step.name] = { outcome, how }
    }
    return ends
  }

  /** What a plan says of incremental steps that are stale: why all would be computed anew, or that it is not known. */
  async foretold(): Promise<Record<string, string | undefined>> {
    const state = await this.state()
    const told: Record<string, string | undefined> = {}
    for (const step of this.flow.steps) {
      const key = stepKey(step, this.flow.name)
      const record = state.steps.get(key)
      const findings = await lookAtStep(this.around(), step, state, record && { record })
      if (step.incremental === undefined || judge(findings, record, state).fresh) continue
      const detailOf = (of: StepRecord) => detailOfRecord({ lake: this.lake, envName: 'dev' }, of, key)
      const why = await rebuildKnown(this.lake, findings, record, detailOf)
      told[step.name] = why === undefined ? undefined : `full: ${why}`
    }
    return told
  }

  /** The tables whose rows are not what computing their step whole gives, of what the environment holds now. */
  async faults(): Promise<string[]> {
    const state = await this.state()
    const faults: string[] = []
    for (const step of this.flow.steps) {
      const findings = await lookAtStep(this.around(), step, state)
      const folders = await Promise.all(step.outputs.map(() => this.fresh()))
      const stagings = step.outputs.map(({ handle, table }, at) => ({
        handle,
        table: table.name,
        version: '',
        prefix: '',
        folder: folders[at] ?? '',
      }))
      const { pool, signal } = await this.scope([])
      const ask = { root: this.folder, lake: this.lake, pool, findings, stagings, signal, share: {} }
      const computed = await compute({ ...ask, standing: new Map(), printed: () => undefined })
      for (const { table, folder, handle } of stagings) {
        const staged = computed.staged.find((each) => each.handle === handle)
        const head = state.heads.get(table)
        const columns = step.outputs.find((each) => each.handle === handle)?.table.columns ?? []
        const whole = (staged?.files ?? []).map(({ name }) => path.join(folder, name))
        const held = head ? await this.lake.headFiles(table, head) : []
        const [one, two] = await Promise.all(
          [whole, held].map((files) => this.engine.contentDigest(files, columns)),
        )
        if (one !== two || head?.rows !== staged?.rows) faults.push(table)
      }
    }
    return faults
  }

  private async fresh(): Promise<string> {
    const folder = path.join(this.folder, `temp-${++this.folders}`)
    await mkdir(folder, { recursive: true })
    return folder
  }

  private around() {
    const codeOf = (step: DeclaredStep): Promise<CodeFact> =>
      Promise.resolve({
        version: `v${this.code.get(step.name) ?? 0}`,
        untracked: [],
        edges: {},
        detail: () => Promise.resolve({ symbols: {}, packages: [] }),
      })
    return { root: this.folder, lake: this.lake, index: this.index, engine: this.engine.version, codeOf }
  }

  private async scope(forced: readonly string[]): Promise<RunScope> {
    const around = this.around()
    const env = this.lake.env('dev')
    const committer = committerByStep(env, await env.state())
    const { state = (held: EnvState) => held } = this.wrong
    return {
      // What steps ask of it, and no more.
      workspace: { ...around, envName: 'dev' } as unknown as RunScope['workspace'],
      flow: this.flow,
      run: 'run',
      around,
      committer: { ...committer, state: () => state(committer.state()) },
      pool: this.pool(),
      signal: new AbortController().signal,
      forced: new Set(forced),
      useCache: true,
      limitsOf: () => ({ retries: { times: 0, on: [], delay: 0, maxDelay: 0 }, process: {} }),
      emit: () => undefined,
      checkLoaded: () => Promise.resolve(),
      lookAgain: () => around.codeOf,
      unseen: () => undefined,
      parallel: 1,
      now: () => Date.now(),
    }
  }

  /** The processes of a run, in this one. */
  private pool(): RunScope['pool'] {
    const nobody = { process: { pid: process.pid }, kill: () => Promise.resolve() }
    const named = ({ file }: { readonly file: string }) => notebooks.get(path.basename(file, '.ts'))
    const render = (ask: { file: string; handles: never; args: never; env: never }) => {
      const notebook = named(ask)
      const { handles, args, env, file } = ask
      return {
        queries: renderSelects(notebook?.definition ?? {}, { handles, args: fromWire(args), env, file }),
      }
    }
    const calls = {
      render,
      run: (ask: RunAsk) => this.runCode(ask, named(ask)?.definition),
      load: () => ({}),
    }
    const call = (op: keyof typeof calls, ask: never) => Promise.resolve().then(() => calls[op](ask))
    return {
      renderer: () => ({ ...nobody, call }),
      withWorker: (use: (worker: object) => unknown) => use({ ...nobody, call }),
      workerEngine: () => ({}),
      processMemory: () => Infinity,
      tempFolder: () => path.join(this.folder, `temp-${++this.folders}`),
      engines: { ask: (op: keyof EngineCalls, ask: never) => this.ask(op, ask) },
    } as unknown as RunScope['pool']
  }

  private async runCode(ask: RunAsk, definition: Parameters<typeof runCode>[0] = {}) {
    const { request } = this.wronged({ request: ask.request, queries: [] })
    const session = await this.engine.session(request)
    const quiet = () => undefined
    try {
      return await runCode(definition, {
        session,
        request,
        file: ask.file,
        args: {},
        env: {},
        secrets: [],
        log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
        signal: new AbortController().signal,
      })
    } finally {
      await session.close()
    }
  }

  private ask(op: keyof EngineCalls, ask: never): Promise<unknown> {
    const { engine } = this
    const signal = new AbortController().signal
    const calls = {
      compute: (given: Parameters<EngineCalls['compute']>[0]) => {
        const { request, queries } = this.wronged(given)
        return computeWithDigests(engine, request, queries, signal, () => undefined)
      },
      digest: async ({ files, columns }: Parameters<EngineCalls['digest']>[0]) => ({
        digest: await engine.contentDigest(files, columns),
      }),
      difference: (given: Parameters<EngineCalls['difference']>[0]) => engine.difference(given),
      queryDigests: async ({ queries }: Parameters<EngineCalls['queryDigests']>[0]) => ({
        queryDigests: await digestQueries(engine, queries),
      }),
    }
    return calls[op as keyof typeof calls](ask)
  }

  private wronged(ask: { request: SessionRequest; queries: readonly NamedQuery[] }) {
    // What a checker computes is never wrong.
    return ask.request.incremental?.full === false && this.wrong.compute ? this.wrong.compute(ask) : ask
  }

  /** A text that is the same for the same heads. */
  async heads(): Promise<string> {
    return digestOf([...(await this.state()).heads].map(([table, { version }]) => [table, version]))
  }
}
