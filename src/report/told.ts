import { placeText, type Problem } from '../base/problem.ts'
import type {
  DataChecked,
  RunEvent,
  RunFinished,
  RunStarted,
  SourceRead,
  StepFinished,
  StepPrinted,
  StepRetried,
} from '../run/events.ts'
import { plural } from './amount.ts'

/** What a command has to tell: the input of every report. */
export interface Told {
  /** What happened in runs, in order; none for a command that runs nothing. */
  readonly events: readonly RunEvent[]
  /** What is wrong with the project; what went wrong in steps stands in the events. */
  readonly problems: readonly Problem[]
  /** What was tried one by one: tests of notebooks, tables held against their contracts. */
  readonly cases?: readonly ToldCase[]
  /** The files that were looked at, relative to the project, with or without Problems. */
  readonly files?: readonly string[]
  /** The folder of the project within its repository, with `/`; empty when they are the same. */
  readonly within?: string
}

export interface ToldCase {
  /** A file of tests, relative to the project, or `tables`. */
  readonly suite: string
  readonly name: string
  readonly ms: number
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly problems: readonly Problem[]
}

/** What is known of one flow of a run. */
export interface ToldFlow {
  readonly started: RunStarted
  /** In the order in which they can run, steps that never started too. */
  readonly steps: readonly ToldStep[]
  /** Left out for a run that was killed. */
  readonly ended?: RunFinished
}

export interface ToldStep {
  readonly step: string
  readonly notebook?: string
  readonly printed: readonly StepPrinted[]
  readonly checks: readonly DataChecked[]
  /** Its sources, with how many of their rows were rejected. */
  readonly sources: readonly SourceRead[]
  /** Tries that failed and were followed by another. */
  readonly retries: readonly StepRetried[]
  /** Left out for a step of a run that was killed. */
  readonly end?: StepFinished
}

/** The flows of a run with what became of each step: the fold of its events. */
export function flowsTold(events: readonly RunEvent[]): ToldFlow[] {
  const parts: { started: RunStarted; events: RunEvent[] }[] = []
  for (const event of events) {
    if (event.event === 'run-started') parts.push({ started: event, events: [] })
    else parts.at(-1)?.events.push(event)
  }
  return parts.map(({ started, events: own }) => {
    const ended = own.find((event): event is RunFinished => event.event === 'run-finished')
    return { started, steps: stepsTold(started, own), ...(ended && { ended }) }
  })
}

interface Growing {
  step: string
  notebook?: string
  printed: StepPrinted[]
  checks: DataChecked[]
  sources: SourceRead[]
  retries: StepRetried[]
  end?: StepFinished
}

function stepsTold(started: RunStarted, events: readonly RunEvent[]): ToldStep[] {
  const steps = new Map<string, Growing>(
    started.steps.map((step) => [step, { step, printed: [], checks: [], sources: [], retries: [] }]),
  )
  const of = (name: string): Growing => {
    const step = steps.get(name) ?? { step: name, printed: [], checks: [], sources: [], retries: [] }
    steps.set(name, step)
    return step
  }
  for (const event of events) {
    if (event.event === 'step-started') of(event.step).notebook = event.notebook
    else if (event.event === 'step-printed') of(event.step).printed.push(event)
    else if (event.event === 'step-retried') of(event.step).retries.push(event)
    else if (event.event === 'source-read') of(event.step).sources.push(event)
    else if (event.event === 'data-checked') of(event.step).checks.push(event)
    else if (event.event === 'step-finished') {
      of(event.step).notebook = event.notebook
      of(event.step).end = event
    }
  }
  return [...steps.values()]
}

/**
 * Everything that is wrong: Problems of the project, then those of steps in the order of their ends, data checks
 * that passed nothing on, warnings and plugins that failed. Each once.
 */
export function findings({ events, problems, cases = [] }: Told): Problem[] {
  const all = [...problems, ...cases.flatMap((each) => each.problems), ...events.flatMap(findingsOf)]
  const known = new Map<string, Problem>()
  for (const problem of all) {
    const { code, severity, message, where } = problem
    const key = JSON.stringify([code, severity, message, where])
    if (!known.has(key)) known.set(key, problem)
  }
  return [...known.values()]
}

function findingsOf(event: RunEvent): readonly Problem[] {
  switch (event.event) {
    case 'step-finished':
      return event.problems
    case 'plugin-failed':
      return [{ ...event.problem, severity: 'warn' }]
    case 'data-checked':
      // What fails a step stands in the Problems of its end.
      return event.outcome === 'warned' || event.outcome === 'rejected' ? [checkProblem(event)] : []
    default:
      return []
  }
}

/** What a data check found, as a Problem. */
export function checkProblem({ table, check, outcome, rows, where, message }: DataChecked): Problem {
  const counted = `${plural(rows, 'row')} ${rows === 1 ? 'breaks' : 'break'} the check '${check}'`
  const became = outcome === 'rejected' ? ', and went into its rejects' : ''
  return {
    code: 'contract/check',
    ...(outcome !== 'failed' && { severity: 'warn' }),
    message: `table '${table}': ${rows > 0 ? counted : (message ?? counted)}${became}`,
    ...(where && { where }),
  }
}

/** Whether a Problem fails what it is found in. */
export function isError({ severity }: Problem): boolean {
  return severity !== 'warn'
}

/** A file of the project as its repository names it; an absolute path stays. */
export function fileWithin(file: string, within = ''): string {
  const path = file.replaceAll('\\', '/')
  const absolute = path.startsWith('/') || /^([A-Za-z]:\/|https?:\/\/)/i.test(path)
  return absolute || within === '' ? path : `${within}/${path}`
}

/** A Problem with all that is known of it, as lines without colours. */
export function problemBody(problem: Problem): string {
  const { code, message, where, related = [], hint } = problem
  return [
    `${where ? `${placeText(where)}: ` : ''}${message.trimEnd()} [${code}]`,
    ...related.map((other) => `see ${other.where ? `${placeText(other.where)}: ` : ''}${other.message}`),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ].join('\n')
}
