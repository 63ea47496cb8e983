import { createTwoFilesPatch } from 'diff'
import type { Paint } from '../../report/paint.ts'
import type { Change } from './write-all.ts'

/** Changes as one unified diff that `git apply` and `patch -p1` take. */
export function changesText(changes: readonly Change[], paint: Paint): string {
  const patches = changes.map(({ file, before, after }) =>
    createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, undefined, undefined, { context: 3 })
      // The first line is a rule of equal signs, which `git apply` takes for nothing and people too.
      .replace(/^=+\n/, ''),
  )
  return patches
    .join('')
    .split('\n')
    .map((line) => coloured(line, paint))
    .join('\n')
}

function coloured(line: string, paint: Paint): string {
  if (/^(---|\+\+\+) /.test(line)) return paint.bold(line)
  if (line.startsWith('@@')) return paint.cyan(line)
  if (line.startsWith('+')) return paint.green(line)
  return line.startsWith('-') ? paint.red(line) : line
}
