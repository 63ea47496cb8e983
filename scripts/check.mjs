/** Everything that must hold before a commit, cheapest first. Stops at the first stage that fails. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Names of scripts of package.json; each also runs alone. */
const stages = ['format:check', 'lint', 'types', 'layers', 'unused', 'test']

for (const stage of stages) {
  const started = performance.now()
  console.log(`check ${stage} ...`)
  const { status, error } = spawnSync('npm', ['run', '--silent', stage], { cwd: root, stdio: 'inherit' })
  if (error !== undefined) throw error
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (status !== 0) {
    console.error(`check ${stage} FAILED after ${seconds} s. Alone: npm run ${stage}`)
    process.exit(1)
  }
  console.log(`check ${stage} good, ${seconds} s`)
}
