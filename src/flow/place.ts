import path from 'node:path'
import type { Place } from '../base/problem.ts'

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
