import { appendFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Problem } from '../base/problem.ts'
import { githubAnnotations } from '../report/github.ts'
import { toldJson } from '../report/json.ts'
import { junitXml } from '../report/junit.ts'
import { markdownSummary, mostSummary } from '../report/markdown.ts'
import { sarifLog } from '../report/sarif.ts'
import type { Told } from '../report/told.ts'
import type { Output } from './cli.ts'
import type { ReportFormat, WantedReport } from './report-options.ts'
import { sluiceVersion } from './version.ts'

const views: { readonly [F in ReportFormat]: (told: Told) => string } = {
  junit: junitXml,
  github: githubAnnotations,
  markdown: (told) => markdownSummary(told),
  sarif: (told) => sarifLog(told, sluiceVersion()),
  json: toldJson,
}

/** Where reports without a file go: annotations to `out`, all others to `stdout`. */
export interface Streams {
  readonly out: Pick<Output, 'data'>
  readonly stdout: Pick<Output, 'data'>
}

/** Writes reports, each whole or not at all; gives a Problem for each that cannot be written. */
export function writeReports(wanted: readonly WantedReport[], told: Told, streams: Streams): Problem[] {
  return wanted.flatMap(({ format, file }) => {
    const text = views[format](told)
    if (file !== undefined) return attempt(format, file, () => writeWhole(file, text))
    if (format !== 'github') {
      streams.stdout.data(text)
      return []
    }
    streams.out.data(text)
    const summary = process.env['GITHUB_STEP_SUMMARY']
    return summary ? attempt(format, summary, () => appendSummary(summary, told)) : []
  })
}

function attempt(format: ReportFormat, file: string, write: () => void): Problem[] {
  try {
    write()
    return []
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return [
      {
        code: 'report/unwritable',
        message: `the report ${format} cannot be written to ${file}: ${said.replace(/, \w+ '.*$/, '')}`,
      },
    ]
  }
}

function writeWhole(file: string, text: string): void {
  makeFolder(path.dirname(file))
  const beside = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(beside, text)
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  }
}

/** One by one: under /proc, where nothing can be made, Node's own recursion does not come to an end. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(path.dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process may make the same reports.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Others of the same step may have written there, and GitHub refuses a summary that is too long. */
function appendSummary(file: string, told: Told): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  appendFileSync(file, markdownSummary(told, mostSummary - size))
}
