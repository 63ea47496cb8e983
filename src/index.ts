/** The public API. Everything the command line does is one of these functions first. */
export { t } from './contract/types.ts'
export { table } from './contract/table.ts'
export { check } from './contract/check.ts'
export { source } from './contract/source.ts'
export { sql } from './contract/sql.ts'
export { notebook } from './contract/notebook.ts'
export { flow } from './flow/flow.ts'
export { run } from './run/run.ts'
export { plan } from './run/plan.ts'
export { explain } from './run/explain.ts'
export { checkProject } from './run/check.ts'
export { impact, lineage } from './run/lineage.ts'
export { runNotebook } from './run/alone.ts'
export { watch } from './run/watch.ts'
export { openLake } from './run/open-lake.ts'
export { diff, diffAll } from './run/diff.ts'
export { summary } from './run/summary.ts'
export { findProject } from './flow/project.ts'
export { ProblemError } from './base/problem.ts'

export type { Problem, Place } from './base/problem.ts'
export type { CheckOptions, DeclaredCheck } from './contract/check-form.ts'
export type { Column, Columns, NewRow, Row } from './contract/column.ts'
export type { Database, InputHandle, Log, OutputHandle, RunContext } from './contract/context.ts'
export type { Limits, Notebook } from './contract/notebook.ts'
export type { Relation, Sql, SqlValue } from './contract/sql.ts'
export type { Source } from './contract/source.ts'
export type { Table } from './contract/table.ts'
export type { Flow } from './flow/flow.ts'
export type { Plugin, PluginCommand } from './flow/plugin.ts'
export type { Reason, ReasonWord } from './freshness/reason.ts'
export type { ColumnEdge, ColumnRef, ReachedColumn } from './check/column-graph.ts'
export type { ColumnLineage } from './check/column-lineage.ts'
export type { Impact } from './check/impact.ts'
export type { Outcome, RunEvent, StepFinished } from './run/events.ts'
export type { CheckedOutput, CheckedStep, CheckProjectOptions, CheckResult } from './run/check-result.ts'
export type { DiffOptions } from './run/diff.ts'
export type { TableDiff } from './run/diff-result.ts'
export type { ChangeSummary, SummaryOptions } from './run/summary.ts'
export type { OpenLake, OpenTable } from './run/open-lake.ts'
export type {
  Explanation,
  Plan,
  ProjectOptions,
  RunOptions,
  RunResult,
  SelectOptions,
} from './run/options.ts'
