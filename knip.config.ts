import type { KnipConfig } from 'knip'

/** No file and no export that nobody needs. What src/index.ts re-exports is needed by users. */
export default {
  entry: [
    'src/index.ts!',
    'src/testing.ts!',
    'src/cli/main.ts!',
    'src/run/*-main.ts!',
    'notebooks/**/*.ts',
    'flows/**/*.ts',
    'tests/build-first.ts',
    'tests/**/*.test.ts',
    'tests/**/fixtures/**',
    'bench/*.{ts,mjs}',
    'scripts/*.{ts,mjs}',
  ],
  project: [
    'src/**/*.ts!',
    'notebooks/**/*.ts',
    'flows/**/*.ts',
    'tests/**/*.ts',
    'bench/**/*.{ts,mjs}',
    'scripts/**/*.{ts,mjs}',
  ],
  // oxlint loads it for --type-aware.
  ignoreDependencies: ['oxlint-tsgolint'],
  // A type that only its own file names may be part of a signature that others use.
  ignoreExportsUsedInFile: { interface: true, type: true },
} satisfies KnipConfig
