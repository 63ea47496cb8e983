import { parseDuration } from '../base/duration.ts'
import type { Limits } from '../contract/limits.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { ProjectConfig } from '../flow/project-config.ts'
import { retryPolicy, type RetryPolicy } from '../flow/retry-policy.ts'

/** The limits of a step with those of the project in the place of what it does not say. */
export interface StepLimits {
  /** In milliseconds. */
  readonly timeout?: number
  readonly retries: RetryPolicy
  /** For its process, where it has one of its own. */
  readonly process: Pick<Limits, 'memory' | 'threads'>
}

/** The limits of a step: its own, else the project's, else none. */
export function stepLimits({ limits }: DeclaredStep, { defaults, ...config }: ProjectConfig): StepLimits {
  const timeout = limits.timeout ?? defaults.timeout ?? config.timeout
  const memory = limits.memory ?? defaults.memory
  const threads = limits.threads ?? defaults.threads
  return {
    ...(timeout !== undefined && { timeout: parseDuration(timeout) }),
    retries: retryPolicy(limits.retries ?? defaults.retries),
    process: { ...(memory !== undefined && { memory }), ...(threads !== undefined && { threads }) },
  }
}
