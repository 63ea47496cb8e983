/**
 * Builds `dist`: ESM bundles that share chunks (one file starts in two thirds of the time that many take),
 * and the type declarations. `--no-types` leaves the declarations as they are.
 */
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const commandLine = join(dist, 'cli', 'main.js')

/** What starts a process or is imported by name. A missing one stops the build. */
const entries = [
  'index.ts',
  'cli/main.ts',
  'run/worker-main.ts',
  'run/engine-main.ts',
  'engine/workbook-main.ts',
  'testing/vitest-reporter.ts',
]
/** Built when it exists. */
const optionalEntries = ['testing.ts']

/**
 * Packages of many small files, or of CommonJS in which Node would look for names: they start in a third of the time.
 * All others stay outside: native, rarely needed, or shared with notebooks (zod).
 */
const bundled = [
  '@duckdb/node-api',
  'commander',
  'picocolors',
  'p-limit',
  'canonicalize',
  'get-east-asian-width',
  'fastest-levenshtein',
  'tinyglobby',
]

/** Writes the bundles. Says which files it wrote. */
async function buildBundles() {
  const started = new Date()
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [...entries, ...optionalEntries.filter((entry) => existsSync(join(root, 'src', entry)))].map(
      (entry) => join('src', entry),
    ),
    outbase: 'src',
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: await externalPackages(),
    sourcemap: true,
    // The CommonJS packages among the bundled ones call `require` for Node's own modules.
    banner: {
      js: `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`,
    },
    logLevel: 'error',
    write: false,
  })
  // Chunks before the entries that import them, each in one rename: a process that starts meanwhile finds whole files.
  const isEntry = (path) => !path.startsWith(join(dist, 'chunks'))
  for (const file of outputFiles.toSorted((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)))) {
    await writeWhole(file.path, asExecutable(file))
  }
  await chmod(commandLine, 0o755)
  // The age of a build is that of its sources: what changes while it is written is newer.
  await utimes(join(dist, 'index.js'), started, started)
  return new Set(outputFiles.map((file) => file.path))
}

async function externalPackages() {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const names = [
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
    'sluice',
    'vitest',
  ]
  return names.filter((name) => !bundled.includes(name)).flatMap((name) => [name, `${name}/*`])
}

/** The command line gets a `#!` line; its source map one more line. */
function asExecutable({ path, text }) {
  if (path === commandLine && !text.startsWith('#!')) return `#!/usr/bin/env node\n${text}`
  if (path === `${commandLine}.map`) {
    const map = JSON.parse(text)
    return JSON.stringify({ ...map, mappings: `;${map.mappings}` })
  }
  return text
}

async function writeWhole(path, text) {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, text)
  await rename(temporary, path)
}

async function removeStale(written) {
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !written.has(path) && !path.startsWith(join(dist, 'types'))) await rm(path)
  }
}

/** Declarations keep the `.ts` endings of the sources, which are not in the package: they become `.js`. */
async function buildTypes() {
  const types = join(dist, 'types')
  await rm(types, { recursive: true, force: true })
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('the declarations were not written: see the errors of tsc above')
  for (const name of await readdir(types, { recursive: true })) {
    if (!name.endsWith('.d.ts')) continue
    const path = join(types, name)
    const text = await readFile(path, 'utf8')
    await writeFile(
      path,
      text.replaceAll(/((?:from|import)\s*\(?\s*['"]\.{1,2}\/[^'"\n]*)\.ts(?=['"])/g, '$1.js'),
    )
  }
}

try {
  const written = await buildBundles()
  await removeStale(written)
  if (!process.argv.includes('--no-types')) await buildTypes()
} catch (error) {
  // esbuild and tsc have printed their errors with file and line.
  console.error(`build of ${relative(process.cwd(), dist) || dist} failed: ${error.message.split('\n')[0]}`)
  process.exitCode = 1
}
