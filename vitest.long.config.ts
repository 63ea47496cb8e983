import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** The tests that take minutes: many processes, kills, large tables. Two files at a time: many wait more than they work. */
const { include: _include, exclude: _exclude, ...test } = base.test ?? {}

export default mergeConfig(
  { ...base, test },
  defineConfig({
    test: {
      include: ['tests/long/**/*.test.ts'],
      exclude: ['tests/**/fixtures/**'],
      maxWorkers: 2,
      testTimeout: 600_000,
      hookTimeout: 60_000,
    },
  }),
)
