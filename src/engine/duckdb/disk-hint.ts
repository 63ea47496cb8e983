import type { ProblemCode } from '../../base/codes.ts'
import { refusalOf } from '../../storage/fault.ts'

/** What the C library says of an errno, as it stands at the end of DuckDB's messages (strerror(3)). */
const texts: Readonly<Record<string, string>> = {
  'No space left on device': 'ENOSPC',
  'Disk quota exceeded': 'EDQUOT',
  'Input/output error': 'EIO',
  'Too many open files': 'EMFILE',
  'Read-only file system': 'EROFS',
}

interface DiskHint {
  readonly code: ProblemCode
  readonly hint: string
}

/** What to do about a fault of the disk, not of the query; undefined for any other. */
export function diskHint(fault: { readonly type: string; readonly message: string }): DiskHint | undefined {
  const { type, message } = fault
  if (type === 'Out of Memory' && message.includes('offload')) {
    const hint = 'what does not fit into memory goes to `.sluice/tmp`: free space there, or raise `memory`'
    return { code: 'step/memory', hint }
  }
  if (type !== 'IO') return undefined
  const errno = Object.entries(texts).find(([text]) => message.includes(text))?.[1]
  const refused = errno === undefined ? undefined : refusalOf(errno)
  return refused && { code: 'storage/unavailable', hint: refused.hint }
}
