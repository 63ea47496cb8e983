/** Looks at the code of a project in a process of its own; prints its version and the native libraries it loaded. */
import { codeVersion, lookAtCode } from '../../src/notebook/code-version.ts'
import { openIndex } from '../../src/notebook/open-index.ts'

const [root = '', entry = ''] = process.argv.slice(2)
const index = openIndex(`${root}/.sluice`)
const { version } = await codeVersion(entry, lookAtCode(root, index))
const report = process.report.getReport() as unknown as { readonly sharedObjects: readonly string[] }
const loaded = report.sharedObjects.filter((file) => /oxc|blake/.test(file))
console.log(JSON.stringify({ version, loaded }))
