import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { ProblemError, type Problem } from '../base/problem.ts'
import type { CheckResult, EngineOptions } from '../engine/engine.ts'
import { findEndMark, startOfHalfMark, type FromChild, type ToChild } from './protocol.ts'

/** A child ended before it answered: by itself, by a signal, or by us. */
export class ChildEnded extends Error {
  override readonly name = 'ChildEnded'
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  constructor(code: number | null, signal: NodeJS.Signals | null) {
    super(signal === null ? `the process ended with exit code ${code}` : `the process was ended by ${signal}`)
    this.code = code
    this.signal = signal
  }
}

/** What was called threw something that is not a Problem: the code of a notebook, or the engine. */
export class ChildThrew extends Error {
  override readonly name = 'ChildThrew'
  readonly op: string
  /** What the error said of another try, if it did. */
  readonly retryable: boolean | undefined
  constructor(op: string, { message, stack, retryable }: Omit<Fault, 'problems'>) {
    super(message)
    this.op = op
    this.retryable = retryable
    this.stack = stack
  }
}

export type Printed = (
  stream: 'stdout' | 'stderr' | 'log',
  text: string,
  level?: 'debug' | 'info' | 'warn' | 'error',
) => void

/** Told what became of data checks. */
export type Checked = (results: readonly CheckResult[]) => void

/** What a call is told on the way, and what ends it. */
export interface CallOptions {
  readonly signal?: AbortSignal
  readonly printed?: Printed
  readonly checked?: Checked
}

interface Waiting {
  readonly op: string
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly printed: Printed
  readonly checked: Checked
  /** Streams that have not come to the end of what the call printed. */
  readonly open: Set<string>
  reply?: () => void
}

type Fault = Pick<Extract<FromChild, { type: 'fault' }>, 'problems' | 'message' | 'stack' | 'retryable'>

export type Ask<F> = F extends (ask: infer A) => unknown ? A : never
export type Answer<F> = F extends (ask: never) => infer R ? R : never

/** Variables that a process needs which runs no code of the user's; the others may be secrets. */
const needed =
  /^(?:PATH|HOME|TMPDIR|TEMP|TMP|USERPROFILE|LOCALAPPDATA|SystemRoot|windir|(?:NODE|LD|DYLD|SLUICE)_.*)$/i

function plainEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => needed.test(name)))
}

/** A process of ours, with typed calls. `C` is one of the call tables of `protocol.ts`. */
export class Child<C> {
  readonly process: ChildProcess
  private readonly waiting = new Map<number, Waiting>()
  private readonly ended: Promise<void>
  private next = 1
  private gone?: ChildEnded
  /** Its end is known, and what it printed last is on its way. */
  private exited = false
  /** A call left something behind that may print, throw or end the process during another one. */
  restless = false

  constructor(
    entry: URL,
    options: {
      env?: NodeJS.ProcessEnv
      execArgv?: string[]
      engine?: EngineOptions
      /** It gets no variables of our environment but those that every process needs. */
      bare?: boolean
    } = {},
  ) {
    this.process = fork(entry, {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: options.execArgv ?? [],
      // One time zone and locale everywhere: a result may be reused on another machine.
      env: {
        ...(options.bare ? plainEnv(process.env) : process.env),
        TZ: 'UTC',
        LC_ALL: 'C.UTF-8',
        ...options.env,
      },
    })
    this.process.on('message', (message) => this.receive(message as FromChild))
    this.process.stdout?.setEncoding('utf8')
    this.process.stderr?.setEncoding('utf8')
    this.watch('stdout')
    this.watch('stderr')
    this.ended = new Promise((resolve) => {
      this.process.once('error', () => this.end(new ChildEnded(null, null), resolve))
      this.process.once('exit', (code, signal) => {
        this.exited = true
        void this.printedRest().then(() => this.end(new ChildEnded(code, signal), resolve))
      })
    })
    // A child that loops cannot notice that its coordinator is gone.
    const kill = () => this.process.kill('SIGKILL')
    process.once('exit', kill)
    void this.ended.then(() => process.off('exit', kill))
    this.send({ type: 'open', ...(options.engine && { engine: options.engine }) })
  }

  get alive(): boolean {
    return this.gone === undefined && !this.exited
  }

  /** Asks and waits. Rejects with a ProblemError, ChildThrew or ChildEnded. An aborted signal interrupts the call. */
  call<K extends keyof C & string>(
    op: K,
    ask: Ask<C[K]>,
    { signal, printed = () => undefined, checked = () => undefined }: CallOptions = {},
  ): Promise<Answer<C[K]>> {
    if (this.gone) return Promise.reject(this.gone)
    if (this.exited) return this.ended.then(() => Promise.reject(this.gone as ChildEnded))
    const id = this.next++
    const cancel = () => this.send({ type: 'cancel', id })
    const answer = new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { op, resolve, reject, printed, checked, open: new Set(['stdout', 'stderr']) })
      this.send({ type: 'call', id, op, ask })
      if (signal?.aborted) cancel()
      else signal?.addEventListener('abort', cancel, { once: true })
    })
    return answer.finally(() => signal?.removeEventListener('abort', cancel)) as Promise<Answer<C[K]>>
  }

  /** Ends the process at once and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.alive) this.process.kill('SIGKILL')
    await this.ended
  }

  /** Lets the process end by itself: it does when the channel closes. One that was never asked need not start first. */
  async close(): Promise<void> {
    if (this.next === 1) return this.kill()
    if (this.process.connected) this.process.disconnect()
    await this.ended
  }

  private send(message: ToChild): void {
    // A send that fails means that the process is going: its end rejects what waits.
    if (this.process.connected) this.process.send(message, () => undefined)
  }

  private receive(message: FromChild): void {
    if (message.type === 'ready') return
    const call = this.waiting.get(message.id)
    if (!call) return
    if (message.type === 'log') {
      call.printed('log', message.text, message.level)
      return
    }
    if (message.type === 'checked') {
      call.checked(message.results)
      return
    }
    this.restless ||= message.restless ?? false
    call.reply = () => {
      this.waiting.delete(message.id)
      if (message.type === 'answer') call.resolve(message.value)
      else call.reject(faultError(call.op, message))
    }
    this.settle(call)
  }

  private settle(call: Waiting): void {
    if (call.open.size === 0) call.reply?.()
  }

  /** Hands printed text to the one call that is under way; marks say where a call's text ends. */
  private watch(stream: 'stdout' | 'stderr'): void {
    let rest = ''
    this.process[stream]?.on('data', (chunk: string) => {
      rest += chunk
      // In the order of the text: calls may end in another order than they began.
      for (let mark = findEndMark(rest); mark; mark = findEndMark(rest)) {
        const call = this.waiting.get(mark.id)
        if (mark.start > 0) call?.printed(stream, rest.slice(0, mark.start))
        rest = rest.slice(mark.end)
        call?.open.delete(stream)
        if (call) this.settle(call)
      }
      // What may be the beginning of a mark stays for the next chunk.
      const text = rest.slice(0, startOfHalfMark(rest) ?? rest.length)
      rest = rest.slice(text.length)
      const [call] = this.waiting.values()
      if (text !== '') call?.printed(stream, text)
    })
    // A process that was ended in the middle of a line has printed that much.
    this.process[stream]?.on('end', () => {
      const [call] = this.waiting.values()
      if (rest !== '') call?.printed(stream, rest)
    })
  }

  /**
   * When a call that waits has all that the process printed, which may still be on its way. Not for ever: a
   * process of its own that lives on may hold the pipes. Node's `close` event is not told after we disconnect.
   */
  private async printedRest(): Promise<void> {
    if (this.waiting.size === 0) return
    const streams = [this.process.stdout, this.process.stderr].filter((stream) => stream !== null)
    const closed = Promise.all(streams.flatMap((stream) => (stream.closed ? [] : [once(stream, 'close')])))
    // The timer must not keep this process alive.
    await Promise.race([closed, wait(500, undefined, { ref: false })])
  }

  private end(ended: ChildEnded, resolve: () => void): void {
    this.gone ??= ended
    for (const call of this.waiting.values()) {
      if (call.reply) call.reply()
      else call.reject(this.gone)
    }
    this.waiting.clear()
    this.process.stdout?.destroy()
    this.process.stderr?.destroy()
    resolve()
  }
}

function faultError(op: string, fault: Fault): Error {
  const problems: readonly Problem[] | undefined = fault.problems
  if (problems) return new ProblemError(problems)
  return new ChildThrew(op, fault)
}
