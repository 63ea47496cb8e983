import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** Where CI services say the branch: they check out a commit, not a branch. */
const variables = [
  'GITHUB_HEAD_REF',
  'GITHUB_REF_NAME',
  'CI_COMMIT_REF_NAME',
  'BITBUCKET_BRANCH',
  'CIRCLE_BRANCH',
  'BRANCH_NAME',
] as const

/**
 * The git branch of a folder, read from `HEAD` by hand: starting git would cost more than a run with nothing to
 * do. Worktrees and submodules have a file `.git` that says where theirs is (gitrepository-layout). With a
 * detached HEAD what the CI service says counts. Undefined where there is no repository, or nobody knows.
 */
export function currentBranch(folder: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const head = headOf(folder)
  if (head === undefined) return undefined
  const branch = /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1]?.trim()
  return branch ?? variables.map((name) => env[name]).find((value) => value !== undefined && value !== '')
}

/** The text of `HEAD` of the repository that a folder belongs to. */
function headOf(folder: string): string | undefined {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const place = path.join(at, '.git')
    const stat = statSync(place, { throwIfNoEntry: false })
    if (stat?.isDirectory()) return textOf(path.join(place, 'HEAD'))
    const elsewhere = stat && /^gitdir: (.+)$/m.exec(textOf(place) ?? '')?.[1]?.trim()
    if (elsewhere !== undefined) return textOf(path.resolve(at, elsewhere, 'HEAD'))
    if (path.dirname(at) === at) return undefined
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // A repository that cannot be read is as good as none: the rules then do not apply.
    return undefined
  }
}
