import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = path.join(root, 'node_modules')

/** An empty project that has the packed package, as `npm install` would unpack it, beside its dependencies. */
async function project(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-packed-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const said = execFileSync('npm', pack, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [packed] = JSON.parse(said) as [{ filename: string }]
  const installed = path.join(folder, 'node_modules/sluice')
  await mkdir(installed, { recursive: true })
  execFileSync('tar', ['-xzf', path.join(folder, packed.filename), '-C', installed, '--strip-components=1'])
  for (const name of await readdir(packages)) {
    if (name === 'sluice' || name.startsWith('.')) continue
    await symlink(path.join(packages, name), path.join(folder, 'node_modules', name))
  }
  await mkdir(path.join(folder, 'node_modules/.bin'))
  return folder
}

test('the packed package: init, run, new test, tsc and sluice test', async () => {
  const cwd = await project()
  const call = (file: string, ...words: readonly string[]) =>
    execFileSync(process.execPath, [file, ...words], { cwd, encoding: 'utf8' })
  const sluice = (...words: readonly string[]) => call('node_modules/sluice/dist/cli/main.js', ...words)
  const tsc = () => call('node_modules/typescript/lib/tsc.js', '--noEmit', '-p', '.')
  sluice('init')
  sluice('run')
  sluice('new', 'test', 'revenue_by_city')
  tsc()
  const said = JSON.parse(sluice('test', '--json')) as { notebooks: object }
  expect(said.notebooks).toEqual({ passed: 2, failed: 0, skipped: 0, code: 0 })

  // The types of the test kit are those of the notebook: a wrong column does not compile.
  await writeFile(
    path.join(cwd, 'tests/wrong.test.ts'),
    `import { given } from 'sluice/testing'
import cleanSales from '../notebooks/silver/clean_sales.ts'
await given(cleanSales, { files: [{ town: 'Berlin' }] }).expect({ sales: [{ city: 'Berlin' }] })
`,
  )
  expect(tsc).toThrow()
})
