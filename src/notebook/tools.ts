import { createRequire } from 'node:module'

/** Counts what a code version is made of: a change of the analysis that changes digests raises it. */
const analysis = 1
const tools = ['oxc-minify', 'oxc-parser', 'oxc-resolver', 'oxc-transform'] as const

let known: string | undefined

/**
 * The versions of what reads code, as installed: another printer may print the same code in another way. The
 * packages themselves are not loaded for it.
 */
export function toolVersions(): string {
  if (known !== undefined) return known
  const require = createRequire(import.meta.url)
  const versions = tools.map(
    (tool) => `${tool}@${(require(`${tool}/package.json`) as { version: string }).version}`,
  )
  return (known = [`analysis@${analysis}`, ...versions].join(' '))
}
