import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { sha256 } from '../base/digest.ts'
import { cacheFolder } from '../base/names.ts'
import { ProblemError, problemsOf, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { readJsonFile, writeJsonFile } from '../base/json-file.ts'
import { notebooksCalled } from './place.ts'
import type { ProjectConfig } from './project-config.ts'

/** A project: its folder, its configuration and its flows. */
export interface Project {
  readonly root: string
  readonly config: ProjectConfig
  readonly flows: readonly FlowFile[]
}

export interface FlowFile {
  readonly name: string
  /** Relative to the project, with `/`. */
  readonly file: string
}

export { cacheFolder }

/**
 * Finds the project that a folder belongs to: the nearest one upwards that holds `sluice.yaml`, or both
 * `notebooks/` and `flows/`; not a folder like `/tmp`, where everybody may write. Throws a ProblemError when
 * there is none or its configuration is not valid.
 */
export async function findProject(from: string = process.cwd()): Promise<Project> {
  const root = findRoot(from)
  refuseLinkedCaches(root)
  return { root, config: await readConfig(root), flows: listFlows(root) }
}

/** The same, with what is wrong with `sluice.yaml` beside it; its defaults stand in for it then. */
export async function projectToCheck(
  from: string = process.cwd(),
): Promise<{ project: Project; problems: readonly Problem[] }> {
  const root = findRoot(from)
  refuseLinkedCaches(root)
  const flows = listFlows(root)
  try {
    return { project: { root, config: await readConfig(root), flows }, problems: [] }
  } catch (error) {
    const problems = problemsOf(error)
    if (!problems) throw error
    const { parseConfig } = await import('./project-config.ts')
    return { project: { root, config: parseConfig('', 'sluice.yaml'), flows }, problems }
  }
}

/** What is written to the caches, and loaded from them, must not be elsewhere. */
function refuseLinkedCaches(root: string): void {
  const found = lstatSync(path.join(root, cacheFolder), { throwIfNoEntry: false })
  if (!found?.isSymbolicLink()) return
  throw new ProblemError({
    code: 'storage/unavailable',
    message: `'${cacheFolder}' of the project is a symbolic link`,
    where: { file: cacheFolder },
    hint: 'remove the link: Sluice makes a folder there for its caches, which can be deleted at any time',
  })
}

function findRoot(from: string): string {
  const root = rootAbove(path.resolve(from))
  if (root === undefined) {
    throw new ProblemError({
      code: 'project/not-found',
      message: `no Sluice project in ${from} or above it`,
      hint: 'a project has sluice.yaml, or the folders notebooks/ and flows/; `sluice init` makes one',
    })
  }
  return root
}

function rootAbove(folder: string, from = folder): string | undefined {
  if ((folder === from || !isShared(folder)) && isProject(folder)) return folder
  const up = path.dirname(folder)
  return up === folder ? undefined : rootAbove(up, from)
}

function isProject(folder: string): boolean {
  if (existsSync(path.join(folder, 'sluice.yaml'))) return true
  return isFolder(path.join(folder, 'notebooks')) && isFolder(path.join(folder, 'flows'))
}

/**
 * Whether everybody may put files there, as in `/tmp`: the sticky bit, and write permission for others. Code
 * that lies there by chance, or for a trap, must not run in a folder below it.
 */
function isShared(folder: string): boolean {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0
  return (mode & 0o1002) === 0o1002
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The flow files of a project, by name: `flows/taxi.ts` is `taxi`. */
export function listFlows(root: string): FlowFile[] {
  const folder = path.join(root, 'flows')
  if (!isFolder(folder)) return []
  const files = readdirSync(folder).filter(
    (file) => /\.(ts|mts|yaml|yml)$/.test(file) && !file.endsWith('.d.ts'),
  )
  return files.toSorted().map((file) => ({ name: file.replace(/\.[a-z]+$/, ''), file: `flows/${file}` }))
}

/** The notebook files of a project, relative to it: modules under `notebooks/`, in order of their paths. */
export function listNotebooks(root: string): string[] {
  const folder = path.join(root, 'notebooks')
  if (!isFolder(folder)) return []
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files
    .map((file) => `notebooks/${file.split(path.sep).join('/')}`)
    .filter((file) => /\.m?ts$/.test(file) && !file.endsWith('.d.ts') && !file.includes('/node_modules/'))
    .toSorted()
}

/** The flow of a name or file, or a ProblemError with the nearest names. */
export function flowNamed(project: Project, name: string): FlowFile {
  const wanted = name.replace(/^\.\//, '')
  const matches = project.flows.filter((flow) => flow.name === wanted || flow.file === wanted)
  if (matches.length === 1 && matches[0]) return matches[0]
  if (matches.length > 1) {
    throw new ProblemError({
      code: 'project/unknown',
      message: `the flow '${name}' is declared by ${matches.map(({ file }) => file).join(' and ')}`,
      hint: 'rename one of the files, or name the file',
    })
  }
  const known = project.flows.map((flow) => flow.name)
  const isNotebook = notebooksCalled(wanted, listNotebooks(project.root)).length > 0
  throw new ProblemError({
    code: 'project/unknown',
    message: `there is no flow '${name}'`,
    hint: isNotebook
      ? `it is a notebook: say --select ${wanted}`
      : (didYouMean(wanted, known) ?? 'a flow is a file in flows/, such as flows/taxi.ts'),
  })
}

/** The configuration, from the cache when the file's text is the same: parsing YAML costs more than a no-op run. */
async function readConfig(root: string): Promise<ProjectConfig> {
  const file = path.join(root, 'sluice.yaml')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const cached = path.join(root, cacheFolder, 'config.json')
  const key = sha256(`5\n${text}`)
  const known = readJsonFile<{ key: string; config: ProjectConfig }>(cached)
  if (known?.key === key) return known.config
  const { parseConfig } = await import('./project-config.ts')
  const config = parseConfig(text, 'sluice.yaml')
  writeJsonFile(cached, { key, config })
  return config
}
