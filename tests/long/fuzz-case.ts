import fc from 'fast-check'
import { problemsOf } from '../../src/base/problem.ts'
import { kinds as good, type Kind } from './fuzz-kinds.ts'

/** Readers that are wrong on purpose: each must be found out. */
const wrong: { readonly [name: string]: Kind } = {
  'wrong: throws': {
    share: 0,
    cases: fc.string(),
    read: (text: string) => (text as never as { a: { b: string } }).a.b,
  },
  'wrong: rejects later': {
    share: 0,
    cases: fc.string(),
    read: () => void Promise.reject(new Error('later')),
  },
  'wrong: pollutes': {
    share: 0,
    cases: fc.string(),
    read: () => Object.assign(Object.prototype, { polluted: true }),
  },
  'wrong: loops': {
    share: 0,
    cases: fc.nat(),
    read: (n: number) => {
      for (let at = n; at >= n; at += 0);
    },
  },
}

export const kinds: { readonly [name: string]: Kind } = { ...good, ...wrong }

/** What everything inherits from: nothing that is read may change it. */
const shared = [
  Object,
  Array,
  Function,
  String,
  Number,
  Boolean,
  Promise,
  Map,
  Set,
  Date,
  RegExp,
  Error,
  Uint8Array,
].flatMap((each) => [each, each.prototype as object])

function snapshot(): readonly unknown[] {
  return shared.flatMap((each) =>
    Reflect.ownKeys(each).flatMap((key) => {
      const found = Object.getOwnPropertyDescriptor(each, key)
      return [
        key,
        found?.value as unknown,
        found && Reflect.get(found, 'get'),
        found && Reflect.get(found, 'set'),
      ]
    }),
  )
}

const later: unknown[] = []
process.on('unhandledRejection', (error) => later.push(error))
process.on('uncaughtException', (error) => later.push(error))

/** Reads the case of a kind that a seed stands for. Gives what is wrong: nothing but a ProblemError may be thrown. */
export async function faultOf(name: string, seed: number): Promise<string | undefined> {
  const kind = kinds[name]
  if (!kind) throw new Error(`no kind ${name}`)
  const [input] = fc.sample(kind.cases, { seed, numRuns: 1 })
  const before = snapshot()
  try {
    await kind.read(input as never)
  } catch (error) {
    if (problemsOf(error) === undefined) return told(error, input)
  }
  // What is rejected and not waited for is told before the next turn.
  if (name.startsWith('wrong')) await new Promise((resolve) => setImmediate(resolve))
  if (later.length > 0) return `later: ${told(later.shift(), input)}`
  const after = snapshot()
  if (before.length !== after.length || before.some((each, at) => !Object.is(each, after[at])))
    return 'a prototype changed'
  return undefined
}

function told(error: unknown, input: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${stack.split('\n').slice(0, 6).join('\n')}\ninput: ${JSON.stringify(input)?.slice(0, 600)}`
}
