import { existsSync } from 'node:fs'
import path from 'node:path'
import { ProblemError, problemsOf, unlessProblem, type Problem } from '../base/problem.ts'
import { findProject, type Project } from '../flow/project.ts'
import { keepEvents } from '../report/keep-events.ts'
import type { ToldCase } from '../report/told.ts'
import type { RunEvent } from '../run/events.ts'
import type { Cli } from './cli.ts'
import { isCancelled, tellProblems } from './failure.ts'
import { parseReports, type ReportFlags, type WantedReport } from './report-options.ts'

/** What reports are told beside events. */
export interface Found {
  readonly problems?: readonly Problem[]
  readonly cases?: readonly ToldCase[]
  /** The files that were looked at, relative to the project. */
  readonly files?: readonly string[]
}

/** The reports of one call of a command. */
export interface Reports {
  /** What is told to people goes here: stdout may belong to a report. */
  readonly cli: Cli
  readonly event: (event: RunEvent) => void
  /**
   * Does the work of the command, then writes all reports, also when it threw Problems: those are told too. A
   * report that cannot be written is told, and the exit code is 2; the command's own result stays told.
   */
  around(work: () => Promise<Found | void>): Promise<void>
}

export interface ReportsOptions {
  /** Whose list in `sluice.yaml` counts when the command line names none; without it, only what is named. */
  readonly command?: 'run' | 'check'
  /** The value of `--project`. */
  readonly project?: string
  /** Whether lines of JSON go to stdout. */
  readonly json?: boolean
}

/**
 * The reports that the command line asks for; else those of `sluice.yaml`; else, on GitHub Actions, annotations
 * and a summary. Throws `project/usage`.
 */
export async function openReports(flags: ReportFlags, cli: Cli, options: ReportsOptions): Promise<Reports> {
  const project = await projectOf(options.project)
  const wanted = wantedReports(flags, project, options)
  const takesStdout = wanted.some(({ format, file }) => file === undefined && format !== 'github')
  if (takesStdout && options.json) {
    throw new ProblemError({
      code: 'project/usage',
      message: '--json and a report both go to stdout',
      hint: 'name a file for the report: --report junit=out/run.xml',
    })
  }
  const kept = keepEvents()
  // A command that reports nothing keeps nothing.
  if (wanted.length === 0) return { cli, event: () => undefined, around: async (work) => void (await work()) }
  const write = async (found: Found): Promise<void> => {
    const { writeReports } = await import('./write-reports.ts')
    const within = project && folderWithin(project.root)
    const told = { events: kept.all(), problems: [], ...found, ...(within !== undefined && { within }) }
    // Lines of JSON stay what they are: GitHub reads commands from both streams.
    const problems = writeReports(wanted, told, { out: options.json ? cli.err : cli.out, stdout: cli.out })
    if (problems.length === 0) return
    tellProblems(problems, cli, options.json === true)
    cli.exit(2)
  }
  return {
    cli: takesStdout ? { ...cli, out: cli.err } : cli,
    event: (event) => kept.add(event),
    async around(work) {
      let found: Found = {}
      try {
        found = (await work()) ?? {}
      } catch (error) {
        found = { problems: isCancelled(error) ? [] : (problemsOf(error) ?? [bugProblem(error)]) }
        throw error
      } finally {
        await write(found)
      }
    },
  }
}

/** So that a report is not green when nothing more came to be told. */
function bugProblem(error: unknown): Problem {
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'report/not-whole', message: `internal error: ${message}` }
}

function wantedReports(
  { report }: ReportFlags,
  project: Project | undefined,
  { command }: ReportsOptions,
): WantedReport[] {
  if (report === false) return []
  if (report !== undefined) return parseReports(report, { folder: process.cwd() })
  if (command === undefined) return []
  const listed = project?.config.reports?.[command]
  if (project && listed) return parseReports(listed, { folder: project.root, config: 'sluice.yaml' })
  return process.env['GITHUB_ACTIONS'] === 'true' ? [{ format: 'github' }] : []
}

/** What is wrong with the project is told by the command itself, and then in the reports. */
async function projectOf(from: string | undefined): Promise<Project | undefined> {
  return unlessProblem(() => findProject(from))
}

/**
 * The folder of a project within its repository: the nearest folder above with `.git`, or where GitHub Actions
 * put the files.
 */
function folderWithin(root: string): string {
  const workspace = process.env['GITHUB_WORKSPACE']
  const top = withGit(root) ?? (workspace && path.resolve(workspace))
  const within = path.relative(top ?? root, root)
  return within.startsWith('..') || path.isAbsolute(within) ? '' : within.replaceAll('\\', '/')
}

function withGit(folder: string): string | undefined {
  if (existsSync(path.join(folder, '.git'))) return folder
  const up = path.dirname(folder)
  return up === folder ? undefined : withGit(up)
}
