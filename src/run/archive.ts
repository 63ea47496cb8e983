import { existsSync, linkSync, renameSync, unlinkSync } from 'node:fs'
import path from 'node:path'
import { inOwnFolder } from '../base/own-folder.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { inputPart } from '../freshness/parts.ts'
import { filesOf, lookAtSource } from '../freshness/source-files.ts'
import { stepKey } from '../freshness/step-key.ts'
import { errnoOf, refusalOf } from '../storage/fault.ts'
import type { EventStream } from './event-stream.ts'
import type { StepFinished } from './events.ts'
import type { PlannedFlow } from './planned.ts'
import type { Workspace } from './workspace.ts'

/** A source with a landing, and the step that reads it. */
interface Landing {
  readonly step: DeclaredStep
  readonly handle: string
  readonly source: DeclaredSource & Required<Pick<DeclaredSource, 'landing'>>
}

/**
 * Moves files of landings into their archives, when what the environment holds was computed from them: also those that an
 * earlier run left, because it was killed between its commit and this. Where a file lies is nothing that freshness
 * looks at. In other environments than the default one nothing is moved.
 */
export async function archiveLanded(
  workspace: Workspace,
  { resolved, selected }: PlannedFlow,
  ended: readonly StepFinished[],
  events: EventStream,
): Promise<void> {
  const { lake, envName, root, index } = workspace
  if (envName !== lake.defaultEnv) return
  const good = new Set(ended.filter(({ outcome }) => settled.has(outcome)).map(({ step }) => step))
  const landings = resolved.steps
    .filter(({ name }) => selected.has(name) && good.has(name))
    .flatMap((step) => landingsOf(step))
  if (landings.length === 0) return
  const { steps } = await workspace.env.state()
  for (const { step, handle, source } of landings) {
    const files = await filesOf(source.paths, root)
    if (files.length === 0) continue
    const { digest, hashes } = await lookAtSource(source, root, index)
    const part = inputPart({ kind: 'source', source: source.name, digest, files: hashes })
    // Files that came since are for the next run, and these with them.
    if (steps.get(stepKey(step, resolved.flow.name))?.parts[`input:${handle}`] !== part) continue
    moveAll(workspace, source, files, step, events)
  }
}

const settled: ReadonlySet<StepFinished['outcome']> = new Set(['ran', 'reused', 'fresh'])

function landingsOf(step: DeclaredStep): Landing[] {
  return step.inputs.flatMap(({ kind, handle, origin }) => {
    const { landing, ...source } = origin as DeclaredSource
    return kind === 'source' && landing ? [{ step, handle, source: { ...source, landing } }] : []
  })
}

/** Whether files wait in a landing that should be moved: then there is something to do. */
export async function hasLanded(
  { lake, envName, root }: Workspace,
  planned: readonly PlannedFlow[],
): Promise<boolean> {
  if (envName !== lake.defaultEnv) return false
  for (const { source } of planned.flatMap(({ resolved }) => resolved.steps.flatMap(landingsOf)))
    if ((await filesOf(source.paths, root)).length > 0) return true
  return false
}

function moveAll(
  { root }: Workspace,
  { name, landing: { base, archive } }: Landing['source'],
  files: readonly string[],
  { name: step }: DeclaredStep,
  events: EventStream,
): void {
  const notice = (level: 'info' | 'warn', message: string) =>
    events.emit({ event: 'notice', level, step, message })
  const folder = `${archive}/${events.run}`
  let moved = 0
  try {
    for (const file of files)
      if (moveFile(root, file, path.relative(path.join(root, base), file), folder)) moved++
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === undefined) throw error
    const why =
      errno === 'EXDEV' ? 'the archive is on another file system' : (refusalOf(errno)?.meaning ?? errno)
    notice('warn', `files of source '${name}' stay where they are, and are read from there: ${why}`)
  }
  if (moved > 0)
    notice('info', `${moved} ${moved === 1 ? 'file' : 'files'} of source '${name}' moved to ${folder}`)
}

/** How many folders of one run there may be, for files of one name. */
const mostFolders = 1000

/** Moves a file below the root, never over another. False when somebody else has moved it. */
function moveFile(root: string, file: string, rel: string, folder: string): boolean {
  for (let number = 1; number <= mostFolders; number++) {
    const to = path.join(root, number === 1 ? folder : `${folder}.${number}`, rel)
    const outcome = inOwnFolder(root, path.dirname(file), (from) =>
      inOwnFolder(root, path.dirname(to), (held) =>
        movedTo(path.join(from, path.basename(file)), path.join(held, path.basename(to))),
      ),
    )
    if (outcome !== 'taken') return outcome === 'moved'
  }
  return false
}

function movedTo(from: string, to: string): 'moved' | 'taken' | 'gone' {
  try {
    // A link is refused where a name is taken; a rename is not. Killed in between, both names are the same delivery.
    linkSync(from, to)
    unlinkSync(from)
    return 'moved'
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'EEXIST') return 'taken'
    if (errno === 'ENOENT') return 'gone'
    if (errno !== 'EPERM' && errno !== 'ENOTSUP' && errno !== 'ENOSYS') throw error
  }
  // A file system without links.
  if (existsSync(to)) return 'taken'
  renameSync(from, to)
  return 'moved'
}
