import { readdir } from 'node:fs/promises'
import type { HookedRun } from './hooked.ts'

/**
 * What is wrong with how a run ended that the disk has failed: none when it says what it must, and no more.
 *
 * @param word what each Problem must name, such as `ENOSPC`; without it any Problem will do
 */
export function badEnding(run: HookedRun, word?: string | RegExp): string[] {
  const found: string[] = []
  if (run.signal !== null) found.push(`it was ended by ${run.signal}`)
  if (/internal error|at .*\.js:\d+/.test(run.err)) found.push(`it says that it has a bug: ${run.err}`)
  if (run.code === 0) return found
  const all = run.lines.flatMap((line) => [...(line.problems ?? []), ...(line.problem ? [line.problem] : [])])
  if (all.length === 0) found.push(`it ends with ${run.code} and tells nothing: ${run.out}${run.err}`)
  if (word === undefined) return found
  for (const { code, message, hint } of all) {
    if (!new RegExp(word).test(message)) found.push(`it does not name ${word}: ${code}: ${message}`)
    else if (hint === undefined) found.push(`it has no hint: ${code}: ${message}`)
  }
  return found
}

/** Files and folders of a lake that were written beside, and are of no use any more. */
export async function leftBeside(lake: string): Promise<string[]> {
  const names = await readdir(lake, { recursive: true }).catch(() => [])
  return names.filter((name) => /\.(?:tmp|staging)-[^/]*$/.test(name))
}
