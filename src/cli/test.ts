import { Command } from 'commander'
import { ProblemError } from '../base/problem.ts'
import { countText, plural } from '../report/amount.ts'
import { problemsText } from '../report/problems-text.ts'
import type { TableChecked } from '../run/check-heads.ts'
import type { TestsRun } from '../testing/run-tests.ts'
import type { Cli } from './cli.ts'
import { projectOptions, withProject, type ProjectFlags } from './options.ts'
import { withReports, type ReportFlags } from './report-options.ts'
import type { Found } from './reports.ts'

interface TestFlags extends ProjectFlags, ReportFlags {
  readonly tables: boolean
  readonly notebooks: boolean
  readonly json?: true
}

export function testCommand(cli: Cli): Command {
  return withReports(withProject(new Command('test')))
    .description('run the tests of notebooks, and hold the tables against their contracts')
    .argument('[filter...]', 'parts of names of test files and tables; words after -- go to vitest')
    .option('--no-tables', 'the tests of notebooks alone')
    .option('--no-notebooks', 'the tables alone')
    .option('--json', 'one JSON object with all results')
    .action(async (words: readonly string[], flags: TestFlags, self: Command) => {
      const { openReports } = await import('./reports.ts')
      const project = flags.project === undefined ? {} : { project: flags.project }
      const reports = await openReports(flags, cli, { ...project, json: flags.json === true })
      await reports.around(() => testProject(parted(words, self), flags, reports.cli))
    })
}

async function testProject(
  { filters, own }: { readonly filters: readonly string[]; readonly own: readonly string[] },
  flags: TestFlags,
  cli: Cli,
): Promise<Found> {
  const { findProject } = await import('../flow/project.ts')
  const { root } = await findProject(flags.project)
  if (filters.length > 0) await requireMatches(filters, root, flags)
  const tests = flags.notebooks ? await runNotebookTests(root, filters, own, flags, cli) : undefined
  const tables = flags.tables ? await checkTables(filters, flags, cli) : undefined
  tell(tests, tables, flags, cli)
  const good = (tests?.code ?? 0) === 0 && (tables ?? []).every(isGood)
  if (!good) cli.exit(1)
  const { testCases, tableCases } = await import('./test-cases.ts')
  return { cases: [...testCases(tests?.cases ?? [], root), ...tableCases(tables ?? [])] }
}

/** Nothing would be tried for a word that is mistyped, and all would look good. */
async function requireMatches(filters: readonly string[], root: string, flags: TestFlags): Promise<void> {
  const { unmatched } = await import('./test-cases.ts')
  const problems = await unmatched(filters, root, projectOptions(flags), flags)
  if (problems.length > 0) throw new ProblemError(problems)
}

/** Commander takes the words behind `--` for arguments too. */
function parted(words: readonly string[], self: Command): { filters: string[]; own: string[] } {
  const all = process.argv
  const at = all.lastIndexOf('--')
  const behind = at < 0 || self.args.length === 0 ? [] : all.slice(at + 1)
  const split = words.length - behind.length
  return { filters: words.slice(0, split), own: words.slice(split) }
}

async function runNotebookTests(
  root: string,
  filters: readonly string[],
  words: readonly string[],
  flags: TestFlags,
  cli: Cli,
): Promise<TestsRun> {
  const { runTests } = await import('../testing/run-tests.ts')
  const empty = flags.tables ? ['--passWithNoTests'] : []
  const tells = flags.json ? 'none' : cli.out === cli.err ? 'stderr' : 'stdout'
  return runTests({ root, filters, words: [...empty, ...words], tells, signal: cli.signal() })
}

async function checkTables(filters: readonly string[], flags: TestFlags, cli: Cli): Promise<TableChecked[]> {
  const { checkHeads } = await import('../run/check-heads.ts')
  const { unlessCancelled } = await import('../run/cancel.ts')
  return unlessCancelled(cli.signal(), () => checkHeads(projectOptions(flags), filters))
}

function tell(
  tests: TestsRun | undefined,
  tables: readonly TableChecked[] | undefined,
  flags: TestFlags,
  { out }: Cli,
): void {
  if (flags.json) {
    out.write(
      `${JSON.stringify({ ...(tests && { notebooks: countsOf(tests) }), ...(tables && { tables }) })}\n`,
    )
    return
  }
  const { paint } = out
  const written = (tables ?? []).filter(({ seq }) => seq !== undefined)
  if (tables) out.write('Tables\n')
  for (const { table, seq, rows = 0, problems } of written) {
    const mark = isGood({ problems }) ? paint.green('✓') : paint.red('✗')
    out.write(` ${mark} ${table}@${seq}  ${paint.dim(plural(rows, 'row'))}\n`)
    if (problems.length > 0) out.write(indented(problemsText(problems, paint)))
  }
  const absent = (tables ?? []).length - written.length
  if (absent > 0) out.write(`   ${paint.dim(`${plural(absent, 'table')} not written yet: sluice run`)}\n`)
  const broken = written.filter((table) => !isGood(table)).length
  const parts = [
    tests && (tests.code === 0 ? paint.green('tests passed') : paint.red('tests failed')),
    tables && `${countText(written.length - broken)} of ${plural(written.length, 'table')} good`,
  ]
  out.write(`\n${parts.filter((part) => part !== undefined).join(', ')}\n`)
}

function countsOf({ cases, code }: TestsRun) {
  const count = (state: string) => cases.filter((each) => each.state === state).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), code }
}

/** Warnings fail nothing. */
function isGood({ problems }: Pick<TableChecked, 'problems'>): boolean {
  return problems.every(({ severity }) => severity === 'warn')
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `   ${line}\n`)
    .join('')
}
