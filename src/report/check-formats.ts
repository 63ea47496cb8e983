import type { CheckResult } from '../run/check-result.ts'
import { checkText } from './check-text.ts'
import { problemJson } from './json.ts'
import type { Paint } from './paint.ts'

/** The formats in which a check can be told: a name, and what it prints. Another one is added here. */
export const checkFormats: Readonly<Record<string, (result: CheckResult, paint: Paint) => string>> = {
  text: checkText,
  json: ({ problems }) => problems.map(problemJson).join(''),
}
