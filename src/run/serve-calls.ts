import { problemsOf } from '../base/problem.ts'
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
 */
export function serveCalls(
  operations: Operations,
  open: (message: Extract<ToChild, { type: 'open' }>) => void,
): void {
  const calls = new Map<number, AbortController>()
  process.on('message', (message: ToChild) => {
    if (message.type === 'open') open(message)
    else if (message.type === 'cancel') calls.get(message.id)?.abort()
    else void answer(message)
  })
  // SIGINT reaches the whole group of a terminal: the coordinator decides what it means.
  process.on('SIGINT', () => undefined)
  process.on('disconnect', () => {
    // An exit would wait for a query that is under way.
    if (calls.size > 0) process.kill(process.pid, 'SIGKILL')
    process.exit(0)
  })
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
    calls.delete(id)
    process.stdout.write(endMark(id))
    process.stderr.write(endMark(id))
    send(isAtRest() ? reply : { ...reply, restless: true })
  }
}

type Reply = Extract<FromChild, { type: 'answer' | 'fault' }>

/** What a process of ours holds when nothing is under way: its channel and streams, tsx's loader. */
const resting: ReadonlySet<string> = new Set(['PipeWrap', 'TTYWrap', 'MessagePort', 'CloseReq'])

/** Whether a call left nothing behind, such as a timer, a server or a process, that could act later. */
function isAtRest(): boolean {
  return process.getActiveResourcesInfo().every((resource) => resting.has(resource))
}

function faultOf(id: number, error: unknown): Reply {
  const problems = problemsOf(error)
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
  return { type: 'fault', id, message, ...(problems && { problems }), ...(stack && { stack }) }
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message)
}
