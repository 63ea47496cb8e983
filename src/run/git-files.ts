import { spawn } from 'node:child_process'
import { ProblemError } from '../base/problem.ts'

/** A file as it was at a revision, with its path relative to the folder that was asked for. */
export interface GitFile {
  readonly path: string
  readonly text: string
}

/**
 * The files directly in a folder as git keeps them at a revision: nothing is checked out. Throws a ProblemError
 * where there is no git, no repository or no such revision.
 *
 * @param root the folder that paths are relative to; it may be one within the repository
 * @param revision a branch, tag or commit, such as `origin/main`
 * @param folder relative to the root, with `/`
 */
export async function filesAtRevision(root: string, revision: string, folder: string): Promise<GitFile[]> {
  // Found by name once: what follows goes by the id, which cannot be taken for an option.
  const found = await git(root, [
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${revision}^{commit}`,
  ])
  if (found.code !== 0) throw await unknownRevision(root, revision)
  const commit = found.out.toString('utf8').trim()
  const list = await mustGit(root, ['ls-tree', '-z', commit, '--', `${folder}/`])
  const files = list
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const match = /^\d+ blob ([0-9a-f]+)\t(.*)$/s.exec(line)
      return match?.[1] !== undefined && match[2] !== undefined ? [{ id: match[1], path: match[2] }] : []
    })
  if (files.length === 0) return []
  const texts = blobsIn(
    await mustGit(root, ['cat-file', '--batch'], files.map(({ id }) => `${id}\n`).join('')),
  )
  return files.map(({ path }, at) => ({ path, text: texts[at] ?? '' }))
}

/** What `git cat-file --batch` prints: a line `<id> blob <bytes>`, the bytes, a line end; for each object. */
function blobsIn(out: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < out.length;) {
    const end = out.indexOf('\n', at)
    const size = Number(out.toString('latin1', at, end).split(' ')[2])
    texts.push(out.toString('utf8', end + 1, end + 1 + size))
    at = end + 1 + size + 1
  }
  return texts
}

async function unknownRevision(root: string, revision: string): Promise<ProblemError> {
  const inside = await git(root, ['rev-parse', '--is-inside-work-tree'])
  if (inside.code !== 0)
    return new ProblemError({
      code: 'project/unknown',
      message: 'this project is in no git repository, so that there is no revision to compare with',
      hint: '`sluice contract diff` without --git compares with the lock',
    })
  return new ProblemError({
    code: 'project/unknown',
    message: `git knows no revision '${revision}' here`,
    hint: 'in CI the other branch may not be fetched: with actions/checkout say fetch-depth: 0',
  })
}

async function mustGit(root: string, args: readonly string[], input?: string): Promise<Buffer> {
  const { code, out, err } = await git(root, args, input)
  if (code === 0) return out
  throw new ProblemError({ code: 'project/unknown', message: `git ${args[0] ?? ''}: ${err.trim()}` })
}

/** Without a shell. */
function git(
  root: string,
  args: readonly string[],
  input = '',
): Promise<{ code: number | null; out: Buffer; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: root, env: { ...process.env, LC_ALL: 'C' } })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'ENOENT'
          ? new ProblemError({ code: 'project/unknown', message: 'the program git is not installed' })
          : error,
      )
    })
    child.on('close', (code) => {
      resolve({ code, out: Buffer.concat(out), err: Buffer.concat(err).toString('utf8') })
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
