import { ProblemError } from '../base/problem.ts'
import { callSite } from '../base/site.ts'

/** Where files of a source arrive, and where they go when a step has taken them in; relative to the project, with `/`. */
export interface Landing {
  readonly base: string
  readonly archive: string
}

const globbed = /[*?[\]{}!()]/

/**
 * The landing of a source: the fixed part of its paths, and the archive beside it, `<base>_archive`, unless it is
 * named. Throws a ProblemError where that is not clear, or outside of the project.
 */
export function landingOf(paths: readonly string[], archive: true | string): Landing {
  const bases = [...new Set(paths.map(baseOf))]
  const [base = ''] = bases
  if (bases.length !== 1)
    throw refused(
      `a source with an archive has files in several folders: ${bases.join(', ')}`,
      'make a source of each folder',
    )
  if (base === '' || isOutside(base))
    throw refused(
      'a source with an archive has its files outside of a folder of the project',
      "put them into one: 'landing/x_*.csv'",
    )
  const folder = archive === true ? `${base}_archive` : archive.replace(/^\.\//, '').replace(/\/+$/, '')
  if (folder === '' || isOutside(folder))
    throw refused(
      `the archive '${String(archive)}' is no folder of the project`,
      'name one relative to the project',
    )
  if (folder === base || folder.startsWith(`${base}/`) || base.startsWith(`${folder}/`))
    throw refused(
      `the archive '${folder}' and the landing '${base}' lie in each other`,
      `leave it to Sluice: archive: true is '${base}_archive'`,
    )
  return { base, archive: folder }
}

/** The folders of a path before the first that is a pattern, without the file. */
function baseOf(pattern: string): string {
  const parts = pattern.replace(/^\.\//, '').split('/')
  const first = parts.findIndex((part) => globbed.test(part))
  return parts.slice(0, first < 0 ? -1 : Math.min(first, parts.length - 1)).join('/')
}

function isOutside(folder: string): boolean {
  return (
    folder.startsWith('/') ||
    /^[A-Za-z]:/.test(folder) ||
    folder.split('/').some((part) => part === '..' || part === '')
  )
}

function refused(message: string, hint: string): ProblemError {
  const where = callSite()
  return new ProblemError({ code: 'contract/option-invalid', message, hint, ...(where && { where }) })
}
