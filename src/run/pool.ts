import { availableParallelism } from 'node:os'
import { parseSize } from '../base/size.ts'
import type { EngineOptions } from '../engine/engine.ts'
import { Child } from './child.ts'
import { EngineHosts, type Share } from './engine-hosts.ts'
import { processEntry } from '../base/entries.ts'
import { machineMemory } from './memory.ts'
import type { EngineCalls, WorkerCalls } from './protocol.ts'
import { TempFolders } from './temp-folders.ts'

export interface PoolOptions {
  /** How many workers there are at most. */
  readonly workers: number
  /** Bytes for all engines together. */
  readonly memory: number
  /** Under which the engines make their temporary folders. */
  readonly tempFolder: string
  /** Folders outside of which engines open no file, unless a step's share says so. */
  readonly reach?: readonly string[]
}

/** Lends workers. */
export interface Lender {
  readonly withWorker: <T>(use: (worker: Child<WorkerCalls>) => Promise<T>) => Promise<T>
}

/**
 * The processes of a run: engine hosts for queries, and warm workers for code. They are started when they
 * are first needed, and a process that ended is replaced at the next call.
 */
export class Pool {
  private readonly options: PoolOptions
  /** The processes of engines. */
  readonly engines = new EngineHosts(
    (share) => this.startEngine(share),
    (share = {}) => this.processMemory(share),
  )
  private renders?: Child<WorkerCalls>
  private readonly idle: Child<WorkerCalls>[] = []
  private readonly all = new Set<Child<WorkerCalls>>()
  private readonly queue: ((worker: Child<WorkerCalls>) => void)[] = []
  private readonly temp: TempFolders

  constructor(options: PoolOptions) {
    this.options = options
    this.temp = new TempFolders(options.tempFolder)
  }

  /** Starts what will be needed, so that it starts while fingerprints are worked out. */
  warm(needs: { engines: readonly (Share | undefined)[]; worker: boolean }): void {
    for (const share of needs.engines) this.engines.warm(share)
    if (needs.worker && this.all.size === 0) this.idle.push(this.startWorker())
  }

  /** Folders outside of which engines open no file, unless they are asked to. */
  get reach(): readonly string[] | undefined {
    return this.options.reach
  }

  /** The engine host that all share. */
  engine(): Child<EngineCalls> {
    return this.engines.shared()
  }

  /** The worker that renders queries: one for all steps, because rendering takes less time than a start. */
  renderer(): Child<WorkerCalls> {
    if (!this.renders?.alive) {
      while (this.idle.at(-1)?.alive === false) this.idle.pop()
      this.renders = this.idle.pop() ?? this.startWorker()
    }
    return this.renders
  }

  /** A folder for what is of no use after the run. Who uses it makes it; it is removed with the pool. */
  tempFolder(): string {
    return this.temp.next()
  }

  /** Lends a worker; others wait when all are taken. A worker that died is not lent again. */
  async withWorker<T>(use: (worker: Child<WorkerCalls>) => Promise<T>): Promise<T> {
    const worker = await this.take()
    try {
      return await use(worker)
    } finally {
      this.give(worker)
    }
  }

  /** The engine of a worker: its share of threads and memory, or what its step says. */
  workerEngine(share: Share): EngineOptions {
    const { workers, memory } = this.options
    const threads = share.threads ?? Math.max(1, Math.floor(availableParallelism() / workers))
    return this.engineOptions(parseSize(share.memory) ?? memory / 2 / workers, threads, share)
  }

  /** Bytes that a worker, or an engine, may hold: what its step says, else the memory of all engines together. */
  processMemory(share: Share): number {
    return parseSize(share.memory) ?? this.options.memory
  }

  async close(): Promise<void> {
    await Promise.all([...this.all, ...this.engines.all()].map((child) => child.close()))
    await this.temp.remove()
  }

  async kill(): Promise<void> {
    await Promise.all([...this.all, ...this.engines.all()].map((child) => child.kill()))
    await this.temp.remove()
  }

  private take(): Promise<Child<WorkerCalls>> {
    for (let worker = this.idle.pop(); worker; worker = this.idle.pop()) {
      if (worker.alive) return Promise.resolve(worker)
      this.all.delete(worker)
    }
    for (const worker of this.all) if (!worker.alive) this.all.delete(worker)
    if (this.all.size < this.options.workers + (this.renders?.alive ? 1 : 0))
      return Promise.resolve(this.startWorker())
    return new Promise((resolve) => this.queue.push(resolve))
  }

  private give(worker: Child<WorkerCalls>): void {
    const good = worker.alive && !worker.restless
    if (!good) this.all.delete(worker)
    // What a step left running must not end, or speak in, the next one; it may not even see that we close.
    if (worker.restless) void worker.kill()
    const waiting = this.queue.shift()
    if (waiting) waiting(good ? worker : this.startWorker())
    else if (good) this.idle.push(worker)
  }

  private startWorker(): Child<WorkerCalls> {
    const { entry, execArgv } = processEntry('run/worker-main')
    const worker = new Child<WorkerCalls>(entry, { execArgv })
    this.all.add(worker)
    return worker
  }

  private startEngine(share: Share = {}): Child<EngineCalls> {
    const { memory, threads } = share
    const { entry, execArgv } = processEntry('run/engine-main')
    const bytes = parseSize(memory) ?? this.options.memory / 2
    const engine = this.engineOptions(bytes, threads ?? availableParallelism(), share)
    // Running queries hold libuv's threads; file calls of the same process must not wait for them.
    return new Child(entry, { execArgv, env: { UV_THREADPOOL_SIZE: '16' }, engine, bare: true })
  }

  private engineOptions(bytes: number, threads: number, share: Share): EngineOptions {
    const { reach } = this.options
    const memory = `${Math.max(64, Math.floor(bytes / 1e6))}MB`
    return { memory, threads, tempFolder: this.temp.next(), ...(reach && share.reach !== 'all' && { reach }) }
  }
}

/** Bytes for all engines of a run: what the project says, else seven tenths of this machine's memory. */
export function engineMemory(setting: string | undefined): number {
  return parseSize(setting) ?? machineMemory() * 0.7
}
