import { availableParallelism, totalmem } from 'node:os'
import type { Limits } from '../contract/notebook.ts'
import type { EngineOptions } from '../engine/engine.ts'
import { Child } from './child.ts'
import { processEntry } from './entries.ts'
import type { EngineCalls, WorkerCalls } from './protocol.ts'
import { TempFolders } from './temp-folders.ts'

export interface PoolOptions {
  /** How many workers there are at most. */
  readonly workers: number
  /** Bytes for all engines together. */
  readonly memory: number
  /** Under which the engines make their temporary folders. */
  readonly tempFolder: string
}

/** Lends workers. */
export interface Lender {
  readonly withWorker: <T>(use: (worker: Child<WorkerCalls>) => Promise<T>) => Promise<T>
}

/**
 * The processes of a run: one engine host for queries, and warm workers for code. They are started when they
 * are first needed, and a process that ended is replaced at the next call.
 */
export class Pool {
  private readonly options: PoolOptions
  private host?: Child<EngineCalls>
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
  warm(needs: { engine: boolean; worker: boolean }): void {
    if (needs.engine) this.engine()
    if (needs.worker && this.all.size === 0) this.idle.push(this.startWorker())
  }

  /** The engine host. */
  engine(): Child<EngineCalls> {
    if (!this.host?.alive) {
      const { entry, execArgv } = processEntry('engine-main')
      // Running queries hold libuv's threads; file calls of the same process must not wait for them.
      this.host = new Child(entry, { execArgv, env: { UV_THREADPOOL_SIZE: '16' }, engine: this.hostEngine() })
    }
    return this.host
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
  workerEngine(limits: Limits): EngineOptions {
    const { workers, memory } = this.options
    const threads = limits.threads ?? Math.max(1, Math.floor(availableParallelism() / workers))
    return this.engineOptions(memorySize(limits.memory) ?? memory / 2 / workers, threads)
  }

  async close(): Promise<void> {
    const children = [...this.all, ...(this.host ? [this.host] : [])]
    await Promise.all(children.map((child) => child.close()))
    await this.temp.remove()
  }

  async kill(): Promise<void> {
    const children = [...this.all, ...(this.host ? [this.host] : [])]
    await Promise.all(children.map((child) => child.kill()))
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
    // What a step left running must not end, or speak in, the next one.
    if (worker.restless) void worker.close()
    const waiting = this.queue.shift()
    if (waiting) waiting(good ? worker : this.startWorker())
    else if (good) this.idle.push(worker)
  }

  private startWorker(): Child<WorkerCalls> {
    const { entry, execArgv } = processEntry('worker-main')
    const worker = new Child<WorkerCalls>(entry, { execArgv })
    this.all.add(worker)
    return worker
  }

  private hostEngine(): EngineOptions {
    return this.engineOptions(this.options.memory / 2, availableParallelism())
  }

  private engineOptions(bytes: number, threads: number): EngineOptions {
    const memory = `${Math.max(64, Math.floor(bytes / 1e6))}MB`
    return { memory, threads, tempFolder: this.temp.next() }
  }
}

/** Bytes for all engines of a run: what the project says, else seven tenths of this machine's memory. */
export function engineMemory(setting: string | undefined): number {
  return memorySize(setting) ?? totalmem() * 0.7
}

/** Bytes of a size such as `2GB`; undefined for none. */
function memorySize(setting: string | undefined): number | undefined {
  const match = /^([\d.]+)\s?(MB|GB|MiB|GiB)$/.exec(setting ?? '')
  const units: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 }
  const unit = match?.[2] === undefined ? undefined : units[match[2]]
  return unit === undefined ? undefined : Number(match?.[1]) * unit
}
