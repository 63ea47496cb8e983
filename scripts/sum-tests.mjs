/**
 * Adds up JSON reports of vitest: `node scripts/sum-tests.mjs <folder> [<exit status of what wrote them>]`.
 * A file that could not be loaded counts as one failure, and so does a bad exit status that no test explains.
 * Fails when anything failed or nothing passed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder = '', status = '0'] = process.argv.slice(2)
let [passed, failed, skipped] = [0, 0, 0]
for (const name of existsSync(folder) ? readdirSync(folder) : []) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'))
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  passed += report.numPassedTests
  failed += report.numFailedTests + unloaded.length
  skipped += report.numPendingTests + report.numTodoTests
}
if (failed === 0 && status !== '0') failed = 1
if (skipped > 0) console.log(`${skipped} skipped`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
