import path from 'node:path'
import type { Command } from 'commander'
import { ProblemError, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { listOption } from './options.ts'

export const reportFormats = ['junit', 'github', 'markdown', 'sarif', 'json'] as const
export type ReportFormat = (typeof reportFormats)[number]

/** One report that was asked for. */
export interface WantedReport {
  readonly format: ReportFormat
  /** Absolute; left out for stdout. */
  readonly file?: string
}

/** What `--report` and `--no-report` give. */
export interface ReportFlags {
  readonly report?: readonly string[] | false
}

/** Adds `--report` to a command; `openReports` reads it. */
export function withReports(command: Command): Command {
  return command
    .addOption(
      listOption(
        '--report <format[=file]>',
        'also tell it as junit, github, markdown, sarif or json; may be repeated',
      ),
    )
    .option('--no-report', 'no reports, not those that sluice.yaml names or GitHub Actions gets either')
}

/** Where a list of reports was written. */
export interface ReportsFrom {
  /** The folder that its files are relative to. */
  readonly folder: string
  /** `sluice.yaml`; left out for the command line. */
  readonly config?: string
}

/** Reads texts such as `junit=out/run.xml`, `markdown` or `sarif=-`; throws all that is wrong with them. */
export function parseReports(texts: readonly string[], from: ReportsFrom): WantedReport[] {
  const problems: Problem[] = []
  const wrong = (text: string, said: string, hint?: string): undefined => {
    const where = from.config === undefined ? '--report' : `${from.config}: report`
    problems.push({
      code: from.config === undefined ? 'project/usage' : 'project/config-invalid',
      message: `${where} ${text}: ${said}`,
      ...(from.config !== undefined && { where: { file: from.config } }),
      ...(hint !== undefined && { hint }),
    })
  }
  const reports = texts.flatMap((text) => {
    const [name = ''] = text.split('=', 1)
    const rest = text.includes('=') ? text.slice(name.length + 1) : '-'
    const format = reportFormats.find((known) => known === name)
    if (format === undefined) {
      const known = `there are ${reportFormats.join(', ')}`
      return wrong(text, `there is no format '${name}'`, didYouMean(name, reportFormats) ?? known) ?? []
    }
    if (rest === '') return wrong(text, `no file is named`, `write ${name}=out/${name}`) ?? []
    if (format === 'github' && rest !== '-')
      return wrong(text, 'this report has no file: GitHub reads it from the log', 'write github') ?? []
    return rest === '-' ? { format } : { format, file: path.resolve(from.folder, rest) }
  })
  const twice = reports.find(({ file, format }, at) =>
    reports.some(
      (other, before) =>
        before < at && other.file === file && (file !== undefined || both(other.format, format)),
    ),
  )
  if (twice !== undefined) {
    const at = twice.file === undefined ? 'to stdout' : `to ${path.relative(from.folder, twice.file)}`
    wrong(twice.format, `another report goes ${at} too`)
  }
  if (problems.length > 0) throw new ProblemError(problems)
  return reports
}

/** Whether two reports cannot share stdout: annotations are lines of their own, and may stand between others. */
function both(a: ReportFormat, b: ReportFormat): boolean {
  return (a !== 'github' && b !== 'github') || a === b
}
