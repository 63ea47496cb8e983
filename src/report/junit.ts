import type { Problem } from '../base/problem.ts'
import type { DataChecked, StepPrinted } from '../run/events.ts'
import { suitesXml, type Case, type Failure, type Suite } from './junit-form.ts'
import { countText, plural } from './amount.ts'
import { problemSuites } from './junit-problems.ts'
import { reasonsText } from './reason-text.ts'
import {
  checkProblem,
  flowsTold,
  isError,
  problemBody,
  type Told,
  type ToldCase,
  type ToldFlow,
  type ToldStep,
} from './told.ts'

/**
 * What happened as JUnit XML, in the form of Maven Surefire's `surefire-test-report.xsd` with `testsuites`
 * around: a suite for each flow with a case for each step and each data check, and a suite for each file
 * that was looked at with a case for each Problem.
 */
export function junitXml(told: Told): string {
  return suitesXml([...problemSuites(told), ...caseSuites(told), ...flowsTold(told.events).map(flowSuite)])
}

function caseSuites({ cases = [] }: Told): Suite[] {
  return [...new Set(cases.map(({ suite }) => suite))].map((name) => {
    const own = cases.filter(({ suite }) => suite === name)
    const time = own.reduce((sum, { ms }) => sum + ms, 0) / 1000
    return { name, time, cases: own.map(caseOf) }
  })
}

function caseOf({ suite, name, ms, outcome, problems }: ToldCase): Case {
  const failures = problems.filter(isError).map(failureOf)
  const warnings = problems.filter((problem) => !isError(problem)).map(problemBody)
  return {
    name,
    classname: suite,
    time: ms / 1000,
    ...(failures.length > 0 && { failures }),
    ...(outcome === 'skipped' && { skipped: 'skipped' }),
    ...(warnings.length > 0 && { out: `warning: ${warnings.join('\n')}` }),
  }
}

function flowSuite({ started, steps, ended }: ToldFlow): Suite {
  const { flow, run, env, storage, at } = started
  return {
    name: flow,
    ...(ended && { time: ended.ms / 1000 }),
    properties: { run, env, storage, at },
    cases: steps.flatMap((step) => [
      ...step.checks.map((check) => checkCase(check, step)),
      stepCase(step, flow),
    ]),
  }
}

function stepCase(step: ToldStep, flow: string): Case {
  const { end } = step
  const facts = factsOf(step)
  const said = textOf(step.printed, false)
  const out = facts === '' ? said : `${said.replace(/[^\n]$/, '$&\n')}${facts}`
  const err = textOf(step.printed, true)
  return {
    name: step.step,
    classname: step.notebook ?? flow,
    time: (end?.ms ?? 0) / 1000,
    ...outcomeOf(step),
    ...(step.retries.length > 0 && {
      retried: step.retries.flatMap(({ problems }) => problems.map(failureOf)),
    }),
    ...(out !== '' && { out }),
    ...(err !== '' && { err }),
  }
}

function outcomeOf({ end, notebook }: ToldStep): Pick<Case, 'failures' | 'skipped'> {
  if (end === undefined) {
    // The run was killed: what ran then is not known to be good.
    const text = 'the run did not come to its end'
    return notebook === undefined
      ? { skipped: text }
      : { failures: [{ message: text, type: 'killed', text }] }
  }
  if (end.outcome === 'failed') {
    const errors = end.problems.filter(isError)
    const told = errors.length > 0 ? errors : end.problems
    const failures = told.map(failureOf)
    return { failures: failures.length > 0 ? failures : [{ message: 'failed', type: 'failed', text: '' }] }
  }
  if (end.outcome === 'cancelled') return { skipped: 'cancelled' }
  if (end.outcome !== 'blocked') return {}
  const by = end.blockedBy ?? []
  return { skipped: by.length > 0 ? `blocked by ${by.join(', ')}` : `blocked: ${reasonsText(end.reasons)}` }
}

function failureOf(problem: Problem): Failure {
  return { message: problem.message, type: problem.code, text: problemBody(problem) }
}

function checkCase(check: DataChecked, { notebook, step }: ToldStep): Case {
  const problem = checkProblem(check)
  const failure = failureOf(problem)
  return {
    name: `${check.table}: ${check.check}`,
    classname: notebook ?? step,
    ...(check.outcome === 'failed' && { failures: [failure] }),
    // JUnit has no word for a warning.
    ...((check.outcome === 'warned' || check.outcome === 'rejected') && {
      out: `${check.outcome}: ${failure.text}`,
    }),
  }
}

/** What JUnit has no words for: rows that sources rejected, and what was delivered. */
function factsOf({ sources, end }: ToldStep): string {
  const rejected = sources.flatMap(({ source, rejected: count = 0, rows, rejects }) => {
    const of = rows === undefined ? '' : ` of ${countText(rows)}`
    const into = rejects === undefined ? '' : ` into ${rejects}`
    return count === 0 ? [] : [`source ${source}: ${countText(count)}${of} rows rejected${into}\n`]
  })
  const { delivered } = end ?? {}
  const told = delivered ? [`delivered ${plural(delivered.rows, 'row')} to ${delivered.target}\n`] : []
  return [...rejected, ...told].join('')
}

function textOf(printed: readonly StepPrinted[], errors: boolean): string {
  return printed
    .filter(({ stream }) => (stream === 'stderr') === errors)
    .map(({ stream, text, level }) => {
      // What a step writes to its streams comes in pieces, what it logs in messages.
      if (stream !== 'log') return text
      return `${level === 'warn' || level === 'error' ? `${level}: ` : ''}${text.replace(/\n?$/, '\n')}`
    })
    .join('')
}
