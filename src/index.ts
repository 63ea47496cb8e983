/** The public API. Everything the command line does is one of these functions first. */
export { t } from './contract/types.ts'
export { table } from './contract/table.ts'
export { check } from './contract/check.ts'
export { source } from './contract/source.ts'
export { sink } from './contract/sink.ts'
export { sql } from './contract/sql.ts'
export { notebook } from './contract/notebook.ts'
export { fatal, retryable } from './contract/retryable.ts'
export { flow } from './flow/flow.ts'
export { run } from './run/run.ts'
export { plan } from './run/plan.ts'
export { explain } from './run/explain.ts'
export { checkProject } from './run/check.ts'
export { impact, lineage } from './run/lineage.ts'
export { runNotebook } from './run/alone.ts'
export { backfill } from './run/backfill.ts'
export { resume } from './run/resume.ts'
export { watch } from './run/watch.ts'
export { openLake } from './run/open-lake.ts'
export { diff, diffAll } from './run/diff.ts'
export { summary } from './run/summary.ts'
export { environments } from './run/env-list.ts'
export { createEnvironment, deleteEnvironment } from './run/env-create.ts'
export { updateEnvironment } from './run/env-update.ts'
export { diffEnvironments } from './run/env-diff.ts'
export { promote } from './run/promote.ts'
export { rollback } from './run/rollback.ts'
export { restore } from './run/restore.ts'
export { copy } from './run/copy.ts'
export { exportDelta } from './run/export-delta.ts'
export { views } from './run/views.ts'
export { release } from './run/release.ts'
export { findProject } from './flow/project.ts'
export { ProblemError } from './base/problem.ts'

export type { Problem, Place } from './base/problem.ts'
export type { ChangedRelations, IncrementalMode } from './contract/changes.ts'
export type { CheckOptions, DeclaredCheck } from './contract/check-form.ts'
export type { Column, Columns, NewRow, Row } from './contract/column.ts'
export type {
  ChangedRows,
  ChangingInput,
  Database,
  InputHandle,
  Log,
  OutputHandle,
  RunContext,
} from './contract/context.ts'
export type { Limits, Retries, RetryCause } from './contract/limits.ts'
export type { Notebook } from './contract/notebook.ts'
export type { PartitionOf, PartitionOptions } from './contract/partition.ts'
export type { Relation, Sql, SqlValue } from './contract/sql.ts'
export type { DeliveryMode, Sink } from './contract/sink.ts'
export type { Source } from './contract/source.ts'
export type { Table } from './contract/table.ts'
export type { DeliverSettings } from './flow/delivery-types.ts'
export type { Flow } from './flow/flow.ts'
export type { Plugin, PluginCommand } from './flow/plugin.ts'
export type { Delivered } from './freshness/target-files.ts'
export type { Reason, ReasonWord } from './freshness/reason.ts'
export type { ColumnEdge, ColumnRef, ReachedColumn } from './check/column-graph.ts'
export type { ColumnLineage } from './check/column-lineage.ts'
export type { Impact } from './check/impact.ts'
export type { RunRequest } from './run/asked.ts'
export type { Outcome, RunEvent, StepFinished } from './run/events.ts'
export type { CheckedOutput, CheckedStep, CheckProjectOptions, CheckResult } from './run/check-result.ts'
export type { BackfillOptions, BackfillResult } from './run/backfill.ts'
export type { DiffOptions } from './run/diff.ts'
export type { TableDiff } from './run/diff-result.ts'
export type { CopyCall, CopyResult } from './run/copy.ts'
export type { ExportDeltaOptions, ExportDeltaResult } from './run/export-delta.ts'
export type { Views } from './run/views.ts'
export type { EnvironmentInfo } from './run/env-list.ts'
export type { CreateOptions, CreatedEnvironment } from './run/env-create.ts'
export type { UpdatedEnvironment } from './run/env-update.ts'
export type { EnvironmentDiff } from './run/env-diff.ts'
export type { PromotePlan } from './run/promote-plan.ts'
export type { PromoteOptions, PromoteResult } from './run/promote.ts'
export type { RollbackOptions, RollbackPlan, RollbackResult } from './run/rollback.ts'
export type { RestoredTable, RestoreOptions, RestoreResult } from './run/restore.ts'
export type { ReleaseOptions, ReleaseResult } from './run/release.ts'
export type { ChangeSummary, SummaryOptions } from './run/summary.ts'
export type { OpenLake, OpenTable, PartitionOption } from './run/open-lake.ts'
export type { LakePartition, PartitionFilter } from './run/lake-partitions.ts'
export type {
  Explanation,
  Plan,
  PlannedPartition,
  ProjectOptions,
  RunOptions,
  RunResult,
  SelectOptions,
} from './run/options.ts'
