import { existsSync } from 'node:fs'
import path from 'node:path'
import { Node, ts, type Project, type SourceFile } from 'ts-morph'
import { ProblemError, type Place } from '../../base/problem.ts'
import type { Edit } from '../../engine/duckdb/edits.ts'
import { edited } from '../../engine/duckdb/edits.ts'
import { listFlows, listNotebooks } from '../../flow/project.ts'
import { openModules } from '../scaffold/declarations.ts'

/** What TypeScript says against a module. */
export interface TypeFault {
  readonly file: SourceFile
  readonly start: number
  readonly end: number
  readonly message: string
  /** The same for the same mistake, wherever it has moved to. */
  readonly key: string
}

/** Whether a module is ESM or CommonJS a language service does not know, and no rename changes. */
const ofFormat: ReadonlySet<number> = new Set([1470, 1471, 1479])

/** The modules of a project in memory, with a checker over them. */
export class Modules {
  readonly root: string
  readonly #project: Project
  readonly #original = new Map<SourceFile, string>()

  private constructor(root: string, project: Project) {
    this.root = root
    this.#project = project
    for (const file of project.getSourceFiles()) this.#original.set(file, file.getFullText())
  }

  /**
   * Reads all modules that `tsconfig.json` lists, all notebooks and flows, and what they import.
   *
   * @throws ProblemError when `tsconfig.json` is not valid, or a module does not parse
   */
  static open(root: string): Modules {
    const project = openModules(root)
    const config = path.join(root, 'tsconfig.json')
    if (existsSync(config)) project.addSourceFilesFromTsConfig(config)
    const flows = listFlows(root).map(({ file }) => file)
    for (const file of [...listNotebooks(root), ...flows])
      if (/\.m?ts$/.test(file)) project.addSourceFileAtPathIfExists(path.join(root, file))
    addImported(project)
    const modules = new Modules(root, project)
    modules.#refuseUnparsed()
    return modules
  }

  /** The project's own modules. */
  get files(): SourceFile[] {
    return this.#project
      .getSourceFiles()
      .filter((file) => !file.isInNodeModules() && !this.nameOf(file).startsWith('..'))
  }

  /** Relative to the project, with `/`. */
  nameOf(file: SourceFile): string {
    return path.relative(this.root, file.getFilePath()).split(path.sep).join('/')
  }

  named(name: string): SourceFile | undefined {
    return this.#project.getSourceFile(path.join(this.root, name))
  }

  placeOf(node: Node): Place {
    return this.placeAt(node.getSourceFile(), node.getStart())
  }

  placeAt(file: SourceFile, at: number): Place {
    return { file: this.nameOf(file), ...file.getLineAndColumnAtPos(at) }
  }

  /** The modules that import one of some, also through others, and these themselves. */
  behind(files: readonly SourceFile[]): SourceFile[] {
    const found = new Set(files)
    for (const file of found) for (const each of file.getReferencingSourceFiles()) found.add(each)
    const own = new Set(this.files)
    return [...found].filter((file) => own.has(file))
  }

  /** Where a property or variable is written, for a rename of it. */
  renames(node: Node): readonly ts.RenameLocation[] {
    const quote = Node.isStringLiteral(node) ? 1 : 0
    const service = this.#project.getLanguageService().compilerObject
    const at = node.getStart() + quote
    return (
      service.findRenameLocations(node.getSourceFile().getFilePath(), at, false, false, {
        providePrefixAndSuffixTextForRename: true,
      }) ?? []
    )
  }

  apply(file: SourceFile, edits: readonly Edit[]): void {
    if (edits.length > 0) file.replaceWithText(edited(file.getFullText(), edits).text)
  }

  faults(files: readonly SourceFile[]): TypeFault[] {
    // The service's program shares its checker with renames.
    const program = this.#project.getLanguageService().compilerObject.getProgram()
    if (program === undefined) return []
    return files.flatMap((file) => {
      const source = program.getSourceFile(file.getFilePath())
      if (source === undefined) return []
      const told = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
      return told
        .filter(({ code }) => !ofFormat.has(code))
        .map(({ start = 0, length = 0, messageText, code }): TypeFault => {
          const message = ts.flattenDiagnosticMessageText(messageText, '\n')
          return {
            file,
            start,
            end: start + length,
            message,
            key: `${code} ${file.getFilePath()} ${message}`,
          }
        })
    })
  }

  /** The modules that are other than they were, by name. */
  changes(): ReadonlyMap<string, string> {
    return new Map(
      this.files
        .filter((file) => file.getFullText() !== this.#original.get(file))
        .map((file) => [this.nameOf(file), file.getFullText()]),
    )
  }

  #refuseUnparsed(): void {
    const program = this.#project.getProgram().compilerObject
    const problems = this.files.flatMap((file) => {
      const source = program.getSourceFile(file.getFilePath())
      const [first] = source ? program.getSyntacticDiagnostics(source) : []
      if (first === undefined) return []
      return [
        {
          code: 'notebook/load' as const,
          message: `${this.nameOf(file)} does not parse: ${ts.flattenDiagnosticMessageText(first.messageText, ' ')}`,
          where: this.placeAt(file, first.start),
        },
      ]
    })
    if (problems.length > 0) throw new ProblemError(problems)
  }
}

/** Modules that others import by their path: packages stay with the checker, which reads them faster. */
function addImported(project: Project): void {
  const files = project.getSourceFiles()
  for (const file of files) {
    for (const each of [...file.getImportDeclarations(), ...file.getExportDeclarations()]) {
      const name = each.getModuleSpecifierValue() ?? ''
      if (!/^[.]{1,2}\/.*[.][cm]?tsx?$/.test(name)) continue
      const full = path.join(path.dirname(file.getFilePath()), name)
      if (project.getSourceFile(full)) continue
      const added = project.addSourceFileAtPathIfExists(full)
      if (added) files.push(added)
    }
  }
}
