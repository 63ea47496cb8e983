import { open, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import type { Place, Problem } from '../../base/problem.ts'
import { ProblemError } from '../../base/problem.ts'
import type { DeclaredSource } from '../../contract/spec.ts'
import { ownColumnsOnly, quotePaths, quoteTypes } from './sql-text.ts'

/** A row that is not what its source declares. */
export interface Rejected {
  readonly file: string
  readonly line: number
  readonly column?: string
  readonly reason: string
  readonly raw: string
}

const shown = 5
/** Letters of a raw text that are kept. */
const longest = 100_000
const nothing = '\\N'
const columns = [
  { name: 'file', type: 'VARCHAR' },
  { name: 'line', type: 'BIGINT' },
  { name: 'column', type: 'VARCHAR' },
  { name: 'reason', type: 'VARCHAR' },
  { name: 'raw', type: 'VARCHAR' },
]

/** Gathers what a source rejects in a file of its own: there may be as many such rows as the source has. */
export class RejectsFile {
  readonly file: string
  count = 0
  private readonly source: DeclaredSource
  private readonly first: Rejected[] = []
  private handle: FileHandle | undefined
  private waiting: string[] = []

  constructor(source: DeclaredSource, folder: string) {
    this.source = source
    this.file = path.join(folder, 'rejects.csv')
  }

  /** Throws a ProblemError when there are more than the source allows, by number. */
  async add(row: Rejected): Promise<void> {
    this.count++
    if (this.first.length < shown) this.first.push(row)
    const most = this.source.rejecting?.most
    if (most && 'rows' in most && this.count > most.rows)
      throw this.tooMany(`more than ${rowsOf(most.rows)} ${most.rows === 1 ? 'is' : 'are'}`)
    const { file, line, column, reason, raw } = row
    const cells = [
      quoted(file),
      String(line),
      column === undefined ? nothing : quoted(column),
      quoted(reason),
      quoted(raw),
    ]
    this.waiting.push(`${cells.join(',')}\n`)
    if (this.waiting.length > 1000) await this.flush()
  }

  /** Ends the file; throws a ProblemError when too great a share of all rows is in it. */
  async end(rows: number): Promise<void> {
    await this.flush()
    await this.handle?.close()
    this.handle = undefined
    const most = this.source.rejecting?.most
    if (!most || !('share' in most) || this.count <= most.share * rows) return
    throw this.tooMany(
      `${rowsOf(this.count)} of ${rows.toLocaleString('en-US')}, more than ${most.share * 100}%, are`,
    )
  }

  /** Closes what is open, should something have failed. */
  async close(): Promise<void> {
    await this.handle?.close()
    this.handle = undefined
  }

  /** The rows as SQL; undefined when there are none. */
  get relation(): string | undefined {
    if (this.count === 0) return undefined
    const options = [
      'auto_detect=false',
      ownColumnsOnly,
      'header=false',
      "new_line='\\n'",
      `quote='"'`,
      `escape='"'`,
      `nullstr='${nothing}'`,
      'allow_quoted_nulls=false',
      'parallel=false',
      `columns=${quoteTypes(columns)}`,
    ]
    return `read_csv(${quotePaths([this.file])}, ${options.join(', ')})`
  }

  private async flush(): Promise<void> {
    if (this.waiting.length === 0) return
    this.handle ??= await open(this.file, 'w')
    await this.handle.appendFile(this.waiting.join(''))
    this.waiting = []
  }

  private tooMany(much: string): ProblemError {
    const { name, where, rejecting } = this.source
    const problem: Problem = {
      code: 'source/too-many-rejects',
      message: `source '${name}': ${much} not what it declares`,
      ...(where && { where }),
      related: this.first.map(({ file, line, column, reason }) => {
        const place: Place = { file, line }
        return { message: column === undefined ? reason : `column '${column}': ${reason}`, where: place }
      }),
      hint: `mend the files, or raise maxRejects; without it all of them go to ${rejecting?.table ?? 'its rejects'}`,
    }
    return new ProblemError(problem)
  }
}

function quoted(text: string): string {
  return `"${text.slice(0, longest).replaceAll('"', '""')}"`
}

function rowsOf(count: number): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? 'row' : 'rows'}`
}
