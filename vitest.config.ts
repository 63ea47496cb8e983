import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Where CI wants the results as JSON, so that it can add up several runs. */
const report = process.env['SLUICE_TEST_REPORT']

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sluice$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
      { find: /^sluice\/testing$/, replacement: fileURLToPath(new URL('src/testing.ts', import.meta.url)) },
    ],
  },
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/long/**', 'tests/**/fixtures/**'],
    globalSetup: ['tests/build-first.ts'],
    // DuckDB in worker threads hangs on terminate and takes the process with it when it crashes.
    pool: 'forks',
    maxWorkers: 2,
    // What Node itself imports in a test (notebooks, through tsx) finds `sluice` in src too, not in dist.
    execArgv: ['--conditions=sluice-source'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: report === undefined ? ['default'] : ['default', 'json'],
    ...(report === undefined ? {} : { outputFile: { json: report } }),
  },
})
