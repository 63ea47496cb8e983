/** Folders of which no delivery has a file. */
const closed = new Set(['.git', 'node_modules'])
/** Folders of a project that are not for a package alone. */
const own = new Set([...closed, 'contracts', 'flows', 'notebooks', 'storage', 'tests'])
const code = /\.([cm]?[jt]sx?|sql|ya?ml)$|^\.[^/]*$|\/\.[^/]*$/
const settings = /(^|\/)(package|package-lock|tsconfig[^/]*)\.json$/

/**
 * Whether a path, relative to the project and tidy, is code or settings of the project, which a delivery would write
 * over. Pure: what is there is not looked at.
 *
 * @param folder it is a folder that is to hold a package and nothing else
 */
export function isOfProject(path: string, folder: boolean): boolean {
  const name = path.toLowerCase().replace(/\/$/, '')
  const [first = ''] = name.split('/')
  if (folder) return closed.has(first) || own.has(name) || first === 'notebooks' || first === 'flows'
  return closed.has(first) || code.test(name) || settings.test(name)
}
