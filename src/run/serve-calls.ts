import { problemsOf } from '../base/problem.ts'
import { saysRetryable } from '../contract/retryable.ts'
import type { CheckResult } from '../engine/engine.ts'
import { endMark, type FromChild, type ToChild } from './protocol.ts'

/** What a call gets beside its question. */
export interface CallContext {
  readonly id: number
  /** Aborted when the coordinator cancels the call. */
  readonly signal: AbortSignal
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', text: string) => void
  /** Tells what became of data checks. */
  readonly checked: (results: readonly CheckResult[]) => void
}

export type Operations = { readonly [op: string]: (ask: never, context: CallContext) => Promise<unknown> }

/**
 * The child's side of the channel: answers calls until the coordinator goes away. A child never outlives its
 * coordinator.
 *
 * @param answersUncaught what code throws where nobody awaits it fails the call that is under way
 */
export function serveCalls(
  operations: Operations,
  open: (message: Extract<ToChild, { type: 'open' }>) => void,
  answersUncaught = false,
): void {
  const calls = new Map<number, AbortController>()
  process.on('message', (message: ToChild) => {
    if (message.type === 'open') open(message)
    else if (message.type === 'cancel') calls.get(message.id)?.abort()
    else void answer(message)
  })
  // These reach the whole group of a terminal or a service: the coordinator decides what they mean.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
  process.on('disconnect', () => {
    // An exit would wait for a query that is under way.
    if (calls.size > 0) process.kill(process.pid, 'SIGKILL')
    process.exit(0)
  })
  if (answersUncaught) process.on('uncaughtException', uncaught)
  send({ type: 'ready' })

  async function answer({ id, op, ask }: Extract<ToChild, { type: 'call' }>): Promise<void> {
    const controller = new AbortController()
    calls.set(id, controller)
    const log: CallContext['log'] = (level, text) => send({ type: 'log', id, level, text })
    const checked: CallContext['checked'] = (results) => send({ type: 'checked', id, results })
    let reply: Reply
    try {
      const operation = operations[op]
      if (!operation) throw new Error(`no operation '${op}'`)
      reply = {
        type: 'answer',
        id,
        value: await operation(ask as never, { id, signal: controller.signal, log, checked }),
      }
    } catch (error) {
      reply = faultOf(id, error)
    }
    // It may have been answered already, by what nobody caught.
    if (calls.delete(id)) finish(id, reply)
  }

  function finish(id: number, reply: Reply): void {
    process.stdout.write(endMark(id))
    process.stderr.write(endMark(id))
    send(isAtRest() ? reply : { ...reply, restless: true })
  }

  /** What is thrown where nobody awaits it is an answer to the one call under way; else it ends the process. */
  function uncaught(error: unknown): void {
    const [id, ...others] = calls.keys()
    if (id === undefined || others.length > 0) {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      process.exit(1)
    }
    calls.delete(id)
    const fault = faultOf(id, error)
    finish(id, { ...fault, message: `not awaited by anybody: ${fault.message}`, restless: true })
  }
}

type Reply = Extract<FromChild, { type: 'answer' | 'fault' }>

/** What a process of ours holds when nothing is under way: its channel and streams, tsx's loader. */
const resting: ReadonlySet<string> = new Set(['PipeWrap', 'TTYWrap', 'MessagePort', 'CloseReq'])

/** Whether a call left nothing behind, such as a timer, a server or a process, that could act later. */
function isAtRest(): boolean {
  return process.getActiveResourcesInfo().every((resource) => resting.has(resource))
}

function faultOf(id: number, error: unknown): Extract<Reply, { type: 'fault' }> {
  const problems = problemsOf(error)
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
  const retryable = saysRetryable(error)
  return {
    type: 'fault',
    id,
    message,
    ...(problems && { problems }),
    ...(stack && { stack }),
    ...(retryable !== undefined && { retryable }),
  }
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message)
}
