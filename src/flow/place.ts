import path from 'node:path'
import { ProblemError, type Place } from '../base/problem.ts'

/** A path relative to the project with `/`, or undefined when it lies outside. */
export function withinProject(root: string, file: string): string | undefined {
  const relative = path.relative(root, path.resolve(root, file))
  if (
    relative === '' ||
    relative === '..' ||
    relative.startsWith(`..${path.sep}`) ||
    path.isAbsolute(relative)
  ) {
    return undefined
  }
  return relative.split(path.sep).join('/')
}

/** A place with its file relative to the project where it lies within. */
export function placeWithin(root: string, place: Place | undefined): Place | undefined {
  return place && { ...place, file: withinProject(root, place.file) ?? place.file }
}

/** The name of a notebook by its file: `notebooks/silver/clean.ts` is `silver/clean`. */
export function notebookName(file: string): string {
  return file.replace(/^notebooks\//, '').replace(/\.[cm]?[jt]sx?$/, '')
}

/**
 * The notebooks that a person may mean: by the file or the name one, by the end of the name perhaps several, as
 * `clean` for `notebooks/silver/clean.ts`.
 */
export function notebooksCalled(name: string, files: readonly string[]): readonly string[] {
  const wanted = name.replace(/^\.\//, '')
  const exact = files.filter((file) => file === wanted || notebookName(file) === wanted)
  return exact.length > 0 ? exact : files.filter((file) => notebookName(file).endsWith(`/${wanted}`))
}

/** The one that is meant, or undefined. Throws a ProblemError `project/unknown` when it could be several. */
export function notebookCalled(name: string, files: readonly string[]): string | undefined {
  const [file, ...others] = notebooksCalled(name, files)
  if (file === undefined || others.length === 0) return file
  throw new ProblemError({
    code: 'project/unknown',
    message: `${others.length + 1} notebooks are called '${name}'`,
    hint: `name one of them: ${[file, ...others].map(notebookName).join(', ')}`,
  })
}
