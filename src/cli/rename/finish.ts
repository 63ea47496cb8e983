import { readFileSync } from 'node:fs'
import path from 'node:path'
import { ProblemError, type Problem } from '../../base/problem.ts'
import type { DeclaredColumn } from '../../contract/spec.ts'
import type { DeclaredStep } from '../../flow/declared.ts'
import { checkProject } from '../../run/check.ts'
import { checkChanged } from './trial.ts'
import type { Change } from './write-all.ts'

/** What a rename would change and what a person should know of it. */
export interface Renamed {
  readonly root: string
  readonly changes: readonly Change[]
  /** Places to look at, which were left as they are. */
  readonly left: readonly Problem[]
  /** What follows from it, in sentences. */
  readonly notes: readonly string[]
}

/** What one step is expected to declare after a rename: its tables with their columns. */
export type Outline = readonly (readonly [table: string, columns: readonly string[]])[]

/** A project that does not load cannot be looked into. */
export function refuseMistakes(problems: readonly Problem[]): void {
  const mistakes = problems.filter(({ severity }) => severity !== 'warn')
  if (mistakes.length > 0) throw new ProblemError(mistakes)
}

/** Changed texts as files: those that end up as they were are none. */
export function changesOf(root: string, texts: ReadonlyMap<string, string>): Change[] {
  return [...texts]
    .map(([file, text]) => {
      const before = readFileSync(path.join(root, file), 'utf8')
      return { file, before, after: before.startsWith('\uFEFF') ? `\uFEFF${text}` : text }
    })
    .filter(({ before, after }) => before !== after)
    .toSorted((a, b) => (a.file < b.file ? -1 : 1))
}

/**
 * Looks at the project as it would be: `sluice check` finds nothing in it that it did not find before, and each step
 * declares what it did, but for the new name.
 *
 * @param expected what a step is to declare, from what it declares now
 * @throws ProblemError with all that is otherwise; nothing was changed
 */
export async function refuseBroken(
  root: string,
  changes: readonly Change[],
  before: readonly DeclaredStep[],
  expected: (step: DeclaredStep) => Outline,
): Promise<void> {
  const after = await checkChanged(root, new Map(changes.map(({ file, after: text }) => [file, text])))
  const problems: Problem[] = []
  for (const step of before) {
    const now = after.steps.find(({ declared }) => declared.name === step.name && declared.file === step.file)
    const wanted = new Map(expected(step))
    for (const [table, columns] of now ? outlineOf(now.declared) : []) {
      const other = wanted.get(table)
      if (other === undefined || other.join('\n') === columns.join('\n')) continue
      const changed = columns.find((name) => !other.includes(name))
      problems.push({
        code: 'rename/reaches',
        message: `'${table}' takes its columns from this table, so it would get '${changed ?? ''}' too`,
        where: now?.declared.outputs.find((each) => each.table.name === table)?.table.where ?? {
          file: step.file,
        },
        hint: 'write its columns out first: a rename touches one table only',
      })
    }
  }
  const once = new Map(problems.map((problem) => [problem.message, problem]))
  if (once.size > 0) throw new ProblemError([...once.values()])
  const errors = after.problems.filter(({ severity }) => severity !== 'warn')
  const known = errors.length === 0 ? new Set<string>() : await errorsNow(root)
  const broken = errors.filter((problem) => !known.has(keyOf(problem)))
  if (broken.length > 0) {
    throw new ProblemError(
      broken.map((problem) => ({ ...problem, message: `with the new name: ${problem.message}` })),
    )
  }
}

/** The tables that a step writes and the sources that it reads, with the names of their columns. */
export function outlineOf({ inputs, outputs }: DeclaredStep): Outline {
  const names = (columns: readonly DeclaredColumn[]) => columns.map(({ name }) => name)
  return [
    ...outputs.map(({ table }) => [table.name, names(table.columns)] as const),
    ...inputs
      .filter(({ kind }) => kind === 'source')
      .map(({ name, origin }) => [name, names(origin.columns)] as const),
  ]
}

async function errorsNow(root: string): Promise<ReadonlySet<string>> {
  const { problems } = await checkProject({ projectRoot: root })
  return new Set(problems.filter(({ severity }) => severity !== 'warn').map(keyOf))
}

function keyOf({ code, message }: Problem): string {
  return `${code} ${message}`
}
