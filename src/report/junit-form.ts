import { element, xmlDocument } from './xml.ts'

/** A suite of JUnit XML with its counts, which its attributes and the root tell. */
export interface Suite {
  readonly name: string
  /** In seconds. */
  readonly time?: number
  readonly properties?: { readonly [name: string]: string }
  readonly cases: readonly Case[]
}

export interface Failure {
  readonly message: string
  readonly type: string
  readonly text: string
}

export interface Case {
  readonly name: string
  readonly classname: string
  readonly time?: number
  readonly failures?: readonly Failure[]
  /** Tries that failed and were followed by another; with `failures` the last one failed too. */
  readonly retried?: readonly Failure[]
  /** Why it was skipped. */
  readonly skipped?: string
  readonly out?: string
  readonly err?: string
}

/**
 * Suites as a document of JUnit XML, in the form of Maven Surefire's `surefire-test-report.xsd` with `testsuites`
 * around them.
 */
export function suitesXml(suites: readonly Suite[]): string {
  const cases = suites.flatMap((suite) => suite.cases)
  const time = suites.reduce((sum, suite) => sum + (suite.time ?? 0), 0)
  const attributes = { name: 'sluice', ...countsOf(cases), time: seconds(time) }
  return xmlDocument(element('testsuites', attributes, suites.map(suiteXml)))
}

function suiteXml({ name, time, properties = {}, cases }: Suite): string {
  const pairs = Object.entries(properties).map(([key, value]) => element('property', { name: key, value }))
  return element(
    'testsuite',
    { name, time: time === undefined ? undefined : seconds(time), ...countsOf(cases) },
    [...(pairs.length > 0 ? [element('properties', {}, pairs)] : []), ...cases.map(caseXml)],
  )
}

function caseXml({
  name,
  classname,
  time = 0,
  failures = [],
  retried = [],
  skipped,
  out,
  err,
}: Case): string {
  const again = failures.length > 0 ? 'rerunFailure' : 'flakyFailure'
  return element('testcase', { name, classname, time: seconds(time) }, [
    ...failures.map(({ message, type, text }) => element('failure', { message, type }, text)),
    ...retried.map(({ message, type, text }) =>
      element(again, { message, type }, [element('stackTrace', {}, text)]),
    ),
    ...(skipped === undefined ? [] : [element('skipped', { message: skipped })]),
    ...(out === undefined ? [] : [element('system-out', {}, out)]),
    ...(err === undefined ? [] : [element('system-err', {}, err)]),
  ])
}

function countsOf(cases: readonly Case[]) {
  return {
    tests: cases.length,
    failures: cases.filter(({ failures = [] }) => failures.length > 0).length,
    errors: 0,
    skipped: cases.filter(({ skipped }) => skipped !== undefined).length,
  }
}

function seconds(time: number): string {
  return time.toFixed(3)
}
