import path from 'node:path'
import { unlessProblem } from '../base/problem.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { Lake } from '../lake/lake.ts'
import type { EnvState, StepRecord } from '../lake/types.ts'
import { difference } from './changes.ts'
import { detailIn, type StepDetail } from './step-detail.ts'
import { stepKey } from './step-key.ts'

/** Hashes of files by name, by handle. */
export type FilesBefore = StepDetail['sources']

type Hashes = { readonly [file: string]: string }

/** So many files are named. */
const named = 3

/** Which files a step was computed from, as its commit keeps it. Undefined where that commit is gone. */
export async function filesBefore(
  lake: Pick<Lake, 'env'>,
  state: Pick<EnvState, 'env'>,
  step: DeclaredStep,
  record: StepRecord,
): Promise<FilesBefore | undefined> {
  const { env, commit } = record.from ?? { env: state.env, commit: record.commit }
  const entry = await unlessProblem(() => lake.env(env).entry(commit))
  return entry && detailIn(entry, stepKey(step, record.flow))?.sources
}

/** Each file that came, went or changed, in words; new ones first. */
export function fileChanges(before: Hashes, now: Hashes): string[] {
  const changes = difference(before, now)
  const words = ['is new', 'changed', 'is gone'] as const
  const wordOf = ({ was, is }: { was?: string; is?: string }) =>
    was === undefined ? words[0] : is === undefined ? words[2] : words[1]
  return words.flatMap((word) =>
    changes.filter((change) => wordOf(change) === word).map(({ key }) => `${key} ${word}`),
  )
}

/** What changed of a source in a clause: `orders_03.csv is new`, three files at most. */
export function filesDetail(source: string, before: Hashes | undefined, now: Hashes): string {
  if (!before) return `files of ${source} changed`
  const changes = fileChanges(before, now)
  if (changes.length === 0) return `${source} is read in another way`
  const more = changes.length - named
  const texts = changes.slice(0, named).map((text) => path.posix.basename(text))
  return `${texts.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
