import path from 'node:path'
import { existsSync } from 'node:fs'
import { Node, Project, type CallExpression, type SourceFile, type VariableDeclaration } from 'ts-morph'
import type { Place } from '../../base/problem.ts'
import { listNotebooks } from '../../flow/project.ts'

/** A table or source that a module of the project declares. */
export interface Declaration {
  readonly kind: 'table' | 'source'
  readonly name: string
  /** The variable that holds it. */
  readonly variable: string
  readonly exported: boolean
  /** The module's notebook names it as its output. */
  readonly written: boolean
  /** Relative to the project. */
  readonly where: Place & { readonly file: string }
  readonly node: VariableDeclaration
}

export interface Declarations {
  readonly all: readonly Declaration[]
}

/**
 * Finds the tables and sources that the notebooks of a project declare at the top of their modules, without
 * running them: `const x = table('name', ...)` and `const x = source.csv(...)`. Names that are computed are
 * found when TypeScript knows their value.
 */
export function openDeclarations(root: string): Declarations {
  const project = openModules(root)
  const files = listNotebooks(root).map((file) => project.addSourceFileAtPath(path.join(root, file)))
  return { all: files.flatMap((file) => declarationsIn(file, root)) }
}

/** A reader of modules with the compiler options of the project; no module is in it yet. */
export function openModules(root: string): Project {
  const tsConfigFilePath = path.join(root, 'tsconfig.json')
  return new Project({
    ...(existsSync(tsConfigFilePath) ? { tsConfigFilePath } : { compilerOptions: { strict: true, module: 199, moduleResolution: 99 } }),
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
  })
}

function declarationsIn(file: SourceFile, root: string): Declaration[] {
  const callees = importedCallees(file)
  if (callees.size === 0) return []
  return file.getVariableDeclarations().flatMap((node) => {
    const call = node.getInitializerIfKind(SyntaxKindOfCall)
    const found = call && declared(call, callees)
    if (found === undefined || !Node.isIdentifier(node.getNameNode())) return []
    const { line, column } = file.getLineAndColumnAtPos(node.getStart())
    const where = { file: path.relative(root, file.getFilePath()).split(path.sep).join('/'), line, column }
    const variable = node.getName()
    return [{ ...found, variable, exported: node.isExported(), written: writes(file, variable), where, node }]
  })
}
