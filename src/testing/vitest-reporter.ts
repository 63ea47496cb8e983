import { writeFileSync } from 'node:fs'

/** What the reporter writes of one test, or of a file that could not be loaded (without a name). */
export interface VitestCase {
  /** Absolute. */
  readonly file: string
  readonly name?: string
  readonly state: 'passed' | 'failed' | 'skipped'
  readonly ms: number
  readonly errors: readonly VitestError[]
}

export interface VitestError {
  readonly message: string
  readonly line?: number
  readonly column?: number
}

/** The part of vitest's reporter interface (`Reporter` of vitest/node, 3 and 4) that is used. */
interface Module {
  readonly moduleId: string
  readonly children: { allTests(): Iterable<TestCase> }
  errors(): readonly Thrown[]
}

interface TestCase {
  readonly fullName: string
  result(): { readonly state: string; readonly errors?: readonly Thrown[] }
  diagnostic(): { readonly duration: number } | undefined
}

interface Thrown {
  readonly message?: string
  readonly stacks?: readonly { readonly file: string; readonly line: number; readonly column: number }[]
}

/** Vitest loads it by its file. It writes what became of each test as JSON into the file of `SLUICE_TEST_RESULTS`. */
export default class SluiceReporter {
  onTestRunEnd(modules: readonly Module[]): void {
    const file = process.env['SLUICE_TEST_RESULTS']
    if (file !== undefined) writeFileSync(file, JSON.stringify(modules.flatMap(casesOf)))
  }
}

function casesOf(module: Module): VitestCase[] {
  const { moduleId } = module
  const broken = module.errors().map((error) => errorOf(error, moduleId))
  const tests = [...module.children.allTests()].map((test): VitestCase => {
    const { state, errors = [] } = test.result()
    return {
      file: moduleId,
      name: test.fullName,
      state: state === 'passed' || state === 'failed' ? state : 'skipped',
      ms: test.diagnostic()?.duration ?? 0,
      errors: errors.map((error) => errorOf(error, moduleId)),
    }
  })
  if (broken.length > 0) tests.unshift({ file: moduleId, state: 'failed', ms: 0, errors: broken })
  return tests
}

/** Its place is the first line of the test's own file. */
function errorOf({ message = '', stacks = [] }: Thrown, file: string): VitestError {
  const place = stacks.find((frame) => frame.file === file)
  return { message, ...(place && { line: place.line, column: place.column }) }
}
