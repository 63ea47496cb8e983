import pLimit from 'p-limit'
import { problemsOf, type Problem } from '../base/problem.ts'
import { isHeld } from '../lake/held.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState, StepRecord } from '../lake/types.ts'
import { movedProblem } from './promote-moved.ts'
import {
  closedTables,
  missingInputs,
  unexpectedInputs,
  type MissingInput,
  type PromoteSet,
} from './promote-set.ts'

/** How many versions are read at once. */
const atOnce = 4

/**
 * All reasons to refuse a promote: inputs that the target would not hold, args that somebody typed, tables that
 * are held, a target that others have changed, files that are not whole.
 *
 * @param tables those that were named; undefined when all are promoted
 */
export async function refusals(
  lake: Lake,
  source: EnvState,
  target: EnvState,
  set: PromoteSet,
  tables: readonly string[] | undefined,
): Promise<Problem[]> {
  const changed = set.steps.flatMap(({ heads }) => [...heads.keys()])
  const moved = await movedProblem(lake, source, target, changed)
  return [
    ...inputProblems(source, target, set, tables),
    ...(await overrideProblems(lake, source, set)),
    ...heldProblems(source, set),
    ...(moved ? [moved] : []),
    ...(await damageProblems(lake, source, target, changed)),
  ]
}

function inputProblems(
  source: EnvState,
  target: EnvState,
  set: PromoteSet,
  tables: readonly string[] | undefined,
): Problem[] {
  const missing = missingInputs(source, set)
  const lacking = missing.filter(({ inSource }) => inSource)
  const stale = missing.filter(({ inSource }) => !inSource)
  const problems: Problem[] = []
  if (lacking.length > 0) {
    const closed = tables && closedTables(source, target, tables)
    const names = [...new Set(lacking.map(({ table }) => table))]
    problems.push({
      code: 'promote/inputs-missing',
      message: `what is promoted was computed from versions that '${target.env}' would not hold: ${names.join(', ')}`,
      related: lacking.map((input) => ({ message: missingText(source, target, input) })),
      hint: closed
        ? `promote them too: sluice promote ${source.env} --to ${target.env} --tables ${closed.join(',')}`
        : `promote all: sluice promote ${source.env} --to ${target.env}`,
    })
  }
  const unexpected = unexpectedInputs(set)
  if (stale.length + unexpected.length > 0) {
    problems.push({
      code: 'promote/source-stale',
      message: `'${source.env}' itself has gone on from what is promoted`,
      related: [
        ...stale.map((input) => ({ message: missingText(source, target, input) })),
        ...unexpected.map(({ step, table }) => ({
          message: `step '${step}' was computed while there was no ${table}, which '${target.env}' would hold`,
        })),
      ],
      hint: `\`sluice run --env ${source.env}\` computes what is stale; then promote`,
    })
  }
  return problems
}

function missingText(
  source: EnvState,
  target: EnvState,
  { step, table, version, inSource }: MissingInput,
): string {
  const ours = source.heads.get(table)
  const theirs = target.heads.get(table)
  const from = inSource ? `${source.env}@${ours?.seq}` : `version ${version}`
  const has = inSource
    ? `'${target.env}' has ${theirs ? `@${theirs.seq}` : 'none'}`
    : `'${source.env}' has ${ours ? `@${ours.seq}` : 'none'}`
  return `step '${step}' was computed from ${table} ${from}; ${has}`
}

async function overrideProblems(lake: Lake, source: EnvState, { steps }: PromoteSet): Promise<Problem[]> {
  const limit = pLimit(atOnce)
  const found = await Promise.all(
    steps.map(({ record }) =>
      limit(async (): Promise<Problem[]> => {
        const names = record && (await overridesOf(lake, source.env, record))
        if (record === undefined || names === undefined) return []
        return [
          {
            code: 'promote/overrides',
            message: `step '${record.step}' was run with --arg ${names.join(', ')}, which no flow says`,
            hint: `write the args in the flow, or run it again without: sluice run --env ${source.env}`,
          },
        ]
      }),
    ),
  )
  return found.flat()
}

/** A commit that is damaged throws: it may have been made with any args. */
async function overridesOf(
  lake: Lake,
  env: string,
  record: StepRecord,
): Promise<readonly string[] | undefined> {
  const at = record.from ?? { env, commit: record.commit }
  return (await lake.env(at.env).entry(at.commit)).overrides
}

function heldProblems(source: EnvState, { steps }: PromoteSet): Problem[] {
  return steps.flatMap(({ record }): Problem[] => {
    if (record === undefined || !isHeld(record, source)) return []
    const tables = Object.keys(record.held ?? {}).join(', ')
    return [
      {
        code: 'promote/held',
        message: `${tables}: restored in '${source.env}', so that its step did not compute what stands there`,
        hint: `\`sluice release\` it and run, or restore it in the other environment itself`,
      },
    ]
  })
}

/** Only what the target does not hold yet is read. */
async function damageProblems(
  lake: Lake,
  source: EnvState,
  target: EnvState,
  tables: readonly string[],
): Promise<Problem[]> {
  const limit = pLimit(atOnce)
  const found = tables.map((table) => {
    const head = source.heads.get(table)
    const known = head?.version === target.heads.get(table)?.version
    return limit(async () => (head && !known ? damageOf(() => lake.headFiles(table, head)) : []))
  })
  return (await Promise.all(found)).flat()
}

/** The Problems that reading gives; none when what is read is whole. */
export async function damageOf(read: () => Promise<unknown>): Promise<readonly Problem[]> {
  try {
    await read()
    return []
  } catch (error) {
    const problems = problemsOf(error)
    if (problems === undefined) throw error
    return problems
  }
}
