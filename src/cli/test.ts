import { Command } from 'commander'
import { countText, plural } from '../report/amount.ts'
import { problemsText } from '../report/problems-text.ts'
import type { TableChecked } from '../run/check-heads.ts'
import type { TestsRun } from '../testing/run-tests.ts'
import type { Cli } from './cli.ts'
import { projectOptions, withProject, type ProjectFlags } from './options.ts'

interface TestFlags extends ProjectFlags {
  readonly tables: boolean
  readonly notebooks: boolean
  readonly json?: true
}

export function testCommand(cli: Cli): Command {
  return withProject(new Command('test'))
    .description('run the tests of notebooks, and hold the tables against their contracts')
    .argument('[filter...]', 'parts of names of test files and tables; words after -- go to vitest')
    .option('--no-tables', 'the tests of notebooks alone')
    .option('--no-notebooks', 'the tables alone')
    .option('--json', 'one JSON object with all results')
    .action(async (words: readonly string[], flags: TestFlags, self: Command) => {
      const { filters, own } = parted(words, self)
      const tests = flags.notebooks ? await runNotebookTests(filters, own, flags, cli) : undefined
      const tables = flags.tables ? await checkTables(filters, flags) : undefined
      tell(tests, tables, flags, cli)
      const good = (tests?.code ?? 0) === 0 && (tables ?? []).every(isGood)
      cli.exit(good ? 0 : 1)
    })
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
  filters: readonly string[],
  words: readonly string[],
  flags: TestFlags,
  cli: Cli,
): Promise<TestsRun> {
  const { findProject } = await import('../flow/project.ts')
  const { runTests } = await import('../testing/run-tests.ts')
  const { root } = await findProject(flags.project)
  const empty = flags.tables ? ['--passWithNoTests'] : []
  return runTests({
    root,
    filters,
    words: [...empty, ...words],
    quiet: flags.json === true,
    signal: cli.signal(),
  })
}

async function checkTables(filters: readonly string[], flags: TestFlags): Promise<TableChecked[]> {
  const { checkHeads } = await import('../run/check-heads.ts')
  return checkHeads(projectOptions(flags), filters)
}

function tell(
  tests: TestsRun | undefined,
  tables: readonly TableChecked[] | undefined,
  flags: TestFlags,
  { out }: Cli,
): void {
  if (flags.json) {
    out.write(`${JSON.stringify({ ...(tests && { notebooks: tests }), ...(tables && { tables }) })}\n`)
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
