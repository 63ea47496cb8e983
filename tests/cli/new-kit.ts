import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import prettier from 'prettier'
import { problemsOf, type Problem } from '../../src/base/problem.ts'
import type { Cli, Output } from '../../src/cli/cli.ts'
import { sluiceProgram } from '../../src/cli/program.ts'
import type { AnyNotebook } from '../../src/contract/notebook.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { Relation } from '../../src/contract/sql.ts'
import { loadModule } from '../../src/notebook/load.ts'
import { declareColumns, declareSource, declareTable } from '../../src/contract/declare.ts'
import type { Columns } from '../../src/contract/column.ts'
import type { Inputs } from '../../src/contract/input.ts'
import type { Tables } from '../../src/contract/table.ts'
import { openDuckDb } from '../../src/engine/duckdb/open.ts'
import type { BoundInput } from '../../src/engine/engine.ts'
import { sourceFiles } from '../../src/freshness/source-files.ts'
import { plainPaint } from '../../src/report/paint.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const made: string[] = []

/** A project in a temporary folder that finds `sluice` in this repository. */
export class NewProject {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-new-')))

  constructor() {
    made.push(this.root)
    for (const folder of ['notebooks', 'flows', 'node_modules', 'raw']) mkdirSync(join(this.root, folder))
    symlinkSync(repository, join(this.root, 'node_modules/sluice'))
    for (const name of ['zod', '@types'])
      symlinkSync(join(repository, 'node_modules', name), join(this.root, 'node_modules', name))
    const { compilerOptions } = JSON.parse(readFileSync(join(repository, 'tsconfig.json'), 'utf8')) as {
      compilerOptions: object
    }
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['notebooks', 'flows'] }))
    this.write('package.json', '{ "type": "module" }')
    this.write('sluice.yaml', '')
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true })
    writeFileSync(join(this.root, file), text)
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8')
  }

  /** Copies a file of this repository's data to `raw/`. */
  take(file: string): void {
    cpSync(join(repository, 'data', file), join(this.root, 'raw', file.replace(/^.*\//, '')))
  }

  /** `sluice new ...` here; what it prints. */
  async new(...words: string[]): Promise<string> {
    let printed = ''
    const output: Output = {
      write: (text) => void (printed += text),
      data: (text) => void (printed += text),
      paint: plainPaint,
      isTerminal: false,
      width: Infinity,
      stream: process.stdout,
    }
    const cli: Cli = {
      out: output,
      err: output,
      signal: () => new AbortController().signal,
      exit: () => undefined,
    }
    await sluiceProgram(cli).parseAsync(
      ['new', ...words, ...(words.length > 1 ? ['--project', this.root] : [])],
      { from: 'user' },
    )
    return printed
  }

  /** The Problems of a `sluice new ...` that is refused. */
  async refused(...words: string[]): Promise<readonly Problem[]> {
    try {
      await this.new(...words)
    } catch (error) {
      const problems = problemsOf(error)
      if (problems) return problems
      throw error
    }
    throw new Error(`sluice new ${words.join(' ')} was not refused`)
  }

  /** Runs the one query of a notebook, with its outputs checked, over rows of its inputs or the files of its source. */
  async rowsOf(file: string, given: { readonly [handle: string]: string } = {}): Promise<number> {
    const { default: made } = (await loadModule(join(this.root, file), this.root)) as { default: AnyNotebook }
    const engine = await openDuckDb({ memory: '1GB', threads: 2, tempFolder: join(this.root, '.sluice/tmp') })
    const inputs = await Promise.all(
      Object.entries(made.inputs as Inputs).map(async ([handle, input]): Promise<BoundInput> => {
        const columns = declareColumns(input.columns as Columns)
        if (input.kind === 'source' && given[handle] === undefined) {
          const source = declareSource(input.origin)
          return {
            handle,
            name: input.name,
            columns,
            from: { kind: 'source', source, files: await sourceFiles(source, this.root) },
          }
        }
        return {
          handle,
          name: input.name,
          columns,
          from: { kind: 'parquet', files: [await this.parquet(given[handle] ?? '')] },
        }
      }),
    )
    const outputs = Object.entries(made.outputs as Tables).map(([handle, table]) => {
      const folder = mkdtempSync(join(this.root, 'stage-'))
      return { handle, table: declareTable(table.origin), folder }
    })
    const session = await engine.session({ inputs, outputs, volatile: false })
    try {
      const relations = Object.keys(made.inputs as Inputs).map((handle) => [handle, new Relation(handle, [])])
      for (const [handle, query] of Object.entries(made.definition.select ?? {})) {
        await session.write(handle, renderQuery(query(Object.fromEntries(relations) as object, {}, {})))
      }
      return (await session.finish()).reduce((sum, { rows }) => sum + rows, 0)
    } finally {
      await session.close()
      await engine.close()
    }
  }

  private async parquet(query: string): Promise<string> {
    const file = join(mkdtempSync(join(this.root, 'rows-')), 'rows.parquet')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(`COPY (${query}) TO '${file}'`)
    connection.closeSync()
    instance.closeSync()
    return file
  }

  /** What `tsc` says of the notebooks and flows here. */
  typeErrors(): string[] {
    const { stdout } = spawnSync(
      process.execPath,
      [join(repository, 'node_modules/typescript/bin/tsc'), '-p', this.root, '--pretty', 'false'],
      {
        cwd: this.root,
        encoding: 'utf8',
      },
    )
    return stdout.split('\n').filter((line) => /^(notebooks|flows)\//.test(line) || line.startsWith('error'))
  }

  /** A file as prettier would write it with the settings of this repository. */
  async asFormatted(file: string): Promise<string> {
    const options = await prettier.resolveConfig(join(repository, 'src/index.ts'))
    return prettier.format(this.read(file), { ...options, filepath: file })
  }
}

export function removeProjects(): void {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true })
}
