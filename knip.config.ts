import type { KnipConfig } from 'knip'

/** No file and no export that nobody needs. What src/index.ts re-exports is needed by users. */
export default {
  entry: [
    'src/index.ts!',
    'src/testing.ts!',
    'src/cli/main.ts!',
    'src/run/*-main.ts!',
    'src/engine/workbook-main.ts!',
    'notebooks/**/*.ts',
    'flows/**/*.ts',
    // Vitest loads it by its file.
    'src/testing/vitest-reporter.ts!',
    'tests/build-first.ts',
    // tests/long/cloud-memory.test.ts and cloud-race.test.ts start them by their files.
    'tests/storage/upload-memory.ts',
    'tests/storage/cloud-racer.ts',
    // tests/long/fuzz.test.ts starts them.
    'tests/fuzz/child.ts',
    'tests/fuzz/watch.mjs',
    'tests/**/*.test.ts',
    // Loaded by `node --import`.
    'tests/crash/hook.mjs',
    'tests/crash/landing-hook.mjs',
    'tests/crash/pause-hook.mjs',
    'tests/**/fixtures/**',
    // tests/flow/types.test.ts and tests/testing compile them.
    'tests/flow/types/*.ts',
    'tests/testing/types/*.ts',
    'bench/*.{ts,mjs}',
    'scripts/*.{ts,mjs}',
  ],
  project: [
    'src/**/*.ts!',
    'notebooks/**/*.ts',
    'flows/**/*.ts',
    'tests/**/*.{ts,mjs}',
    'bench/**/*.{ts,mjs}',
    'scripts/**/*.{ts,mjs}',
  ],
  // oxlint loads the first for --type-aware; bench/wireit-project.ts starts the second by its file; the bundled
  // DuckDB client loads the third, its native part.
  ignoreDependencies: ['oxlint-tsgolint', 'wireit', '@duckdb/node-bindings'],
  // Of the system: tests/run/rig.ts counts opened files and processes with the first; the next two make small disks; the
  // last one makes certificates.
  ignoreBinaries: ['strace', 'mount', 'umount', 'openssl'],
  // A type that only its own file names may be part of a signature that others use.
  ignoreExportsUsedInFile: { interface: true, type: true },
} satisfies KnipConfig
