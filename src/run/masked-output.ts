import type { Checked, Printed } from './child.ts'
import { maskOf, maskStream } from './mask.ts'

/** What a step tells while it runs, without the values of its secrets. */
export interface MaskedOutput {
  readonly printed: Printed
  readonly checked?: Checked
  /** Tells what was held back, because it could have been the beginning of a secret. */
  readonly end: () => void
}

/** Passes on what a step tells. Its two streams are masked over the borders of what comes at once. */
export function maskedOutput(
  secrets: readonly string[],
  printed: Printed,
  checked: Checked | undefined,
): MaskedOutput {
  const mask = maskOf(secrets)
  const streams = { stdout: maskStream(secrets), stderr: maskStream(secrets) }
  const tell = (stream: 'stdout' | 'stderr', text: string) => {
    if (text !== '') printed(stream, text)
  }
  return {
    printed(stream, text, level) {
      if (stream === 'log') printed(stream, mask(text), level)
      else tell(stream, streams[stream].next(text))
    },
    ...(checked && {
      checked: (results) =>
        checked(
          results.map((result) =>
            result.message === undefined ? result : { ...result, message: mask(result.message) },
          ),
        ),
    }),
    end() {
      tell('stdout', streams.stdout.rest())
      tell('stderr', streams.stderr.rest())
    },
  }
}
