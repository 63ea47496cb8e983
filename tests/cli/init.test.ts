import { spawnSync } from 'node:child_process'
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { emptyFolder, sluice } from './rig.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const own = [
  'flows/sales.ts',
  'notebooks/gold/revenue_by_city.ts',
  'notebooks/silver/clean_sales.ts',
  'raw_data/sales.csv',
  'sluice.yaml',
  'storage/local.yaml',
  'tests/clean_sales.test.ts',
]

test('init makes a project and says what to do next', async () => {
  const folder = await emptyFolder()
  const { code, stdout, stderr } = await sluice(['init', 'shop'], { cwd: folder })
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('  cd shop\n  npm install\n  npx sluice run\n')
  const files = await readdir(path.join(folder, 'shop'), { recursive: true })
  expect(files.filter((file) => /\.\w+$/.test(file)).toSorted()).toEqual(
    [...own, '.gitignore', 'README.md', 'package.json', 'tsconfig.json'].toSorted(),
  )
  const manifest = JSON.parse(await readFile(path.join(folder, 'shop/package.json'), 'utf8')) as {
    readonly name: string
  }
  expect(manifest.name).toBe('shop')
})

test('init leaves general files as they are, and makes a package.json fit for modules', async () => {
  const cwd = await emptyFolder()
  await writeFile(path.join(cwd, 'package.json'), '{"name":"mine"}')
  await writeFile(path.join(cwd, 'README.md'), 'mine')
  const { code, stdout } = await sluice(['init'], { cwd })
  expect(code).toBe(0)
  expect(stdout).toContain('= package.json was there already: it says "type": "module" now')
  const manifest = JSON.parse(await readFile(path.join(cwd, 'package.json'), 'utf8')) as object
  expect(manifest).toMatchObject({
    name: 'mine',
    type: 'module',
    dependencies: { zod: expect.any(String) as string },
  })
  expect(await readFile(path.join(cwd, 'README.md'), 'utf8')).toBe('mine')
})

test('init writes nothing beside a package.json that it cannot read', async () => {
  const cwd = await emptyFolder()
  await writeFile(path.join(cwd, 'package.json'), '{"name":')
  const { code, stderr } = await sluice(['init'], { cwd })
  expect(code).toBe(2)
  expect(stderr).toContain('package.json')
  expect(await readdir(cwd)).toEqual(['package.json'])
})

test('init overwrites nothing, names all that is in its way, and writes nothing then', async () => {
  const cwd = await emptyFolder()
  await mkdir(path.join(cwd, 'flows'))
  await writeFile(path.join(cwd, 'flows/sales.ts'), 'mine')
  await writeFile(path.join(cwd, 'sluice.yaml'), 'env: mine')
  const { code, stdout, stderr } = await sluice(['init'], { cwd })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('sluice.yaml exists already; nothing was written [project/exists]')
  expect(stderr).toContain('flows/sales.ts exists already; nothing was written [project/exists]')
  expect((await readdir(cwd)).toSorted()).toEqual(['flows', 'sluice.yaml'])
})

test('what init writes compiles', { timeout: 120_000 }, async () => {
  const cwd = await emptyFolder()
  await sluice(['init'], { cwd })
  await symlink(path.join(root, 'node_modules'), path.join(cwd, 'node_modules'))
  const config = JSON.parse(await readFile(path.join(cwd, 'tsconfig.json'), 'utf8')) as {
    readonly compilerOptions: object
  }
  const paths = {
    sluice: [path.join(root, 'src/index.ts')],
    'sluice/testing': [path.join(root, 'src/testing.ts')],
  }
  const options = { ...config.compilerOptions, paths, lib: ['ES2023', 'ESNext.Disposable'] }
  await writeFile(path.join(cwd, 'tsconfig.json'), JSON.stringify({ ...config, compilerOptions: options }))
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', cwd, '--erasableSyntaxOnly'], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
})
