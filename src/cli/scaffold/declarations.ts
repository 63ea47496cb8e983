import { existsSync } from 'node:fs'
import path from 'node:path'
import {
  Node,
  Project,
  SyntaxKind,
  ts,
  type CallExpression,
  type SourceFile,
  type VariableDeclaration,
} from 'ts-morph'
import { ProblemError, type Place } from '../../base/problem.ts'
import { listNotebooks } from '../../flow/project.ts'

/** A table or source that a module of the project declares. */
export interface Declaration {
  readonly kind: 'table' | 'source'
  readonly name: string
  /** The variable that holds it. */
  readonly variable: string
  readonly exported: boolean
  /** Relative to the project. */
  readonly where: Place & { readonly file: string }
  readonly node: VariableDeclaration
}

/**
 * Finds the tables and sources that the notebooks of a project declare at the top of their modules, without
 * running them: `const x = table('name', ...)` and `const x = source.csv(...)`. Names that are computed are
 * found when TypeScript knows their value.
 */
export function findDeclarations(root: string): Declaration[] {
  const project = openModules(root)
  const files = listNotebooks(root).map((file) => project.addSourceFileAtPath(path.join(root, file)))
  return files.flatMap((file) => declarationsIn(file, root))
}

/** A reader of modules with the compiler options of the project; no module is in it yet. */
export function openModules(root: string): Project {
  const tsConfigFilePath = path.join(root, 'tsconfig.json')
  const { NodeNext: module } = ts.ModuleKind
  const { NodeNext: moduleResolution } = ts.ModuleResolutionKind
  const options = {
    ...(existsSync(tsConfigFilePath)
      ? { tsConfigFilePath }
      : {
          compilerOptions: {
            strict: true,
            module,
            moduleResolution,
            allowImportingTsExtensions: true,
            noEmit: true,
          },
        }),
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
  }
  try {
    return new Project(options)
  } catch (error) {
    // It throws for a tsconfig.json that does not parse, and for nothing else.
    const said = error instanceof Error ? error.message : String(error)
    throw new ProblemError({
      code: 'project/config-invalid',
      message: `tsconfig.json is not valid: ${said}`,
      where: { file: 'tsconfig.json' },
    })
  }
}

function declarationsIn(file: SourceFile, root: string): Declaration[] {
  const callees = importedCallees(file)
  if (callees.size === 0) return []
  return file.getVariableDeclarations().flatMap((node) => {
    const call = node.getInitializerIfKind(SyntaxKind.CallExpression)
    const found = call && declared(call, callees)
    if (found === undefined || !Node.isIdentifier(node.getNameNode())) return []
    const { line, column } = file.getLineAndColumnAtPos(node.getStart())
    const name = path.relative(root, file.getFilePath()).split(path.sep).join('/')
    const where = { file: name, line, column }
    return [{ ...found, variable: node.getName(), exported: node.isExported(), where, node }]
  })
}

/** What a module calls `table` and `source` of Sluice's. */
function importedCallees(file: SourceFile): Map<string, 'table' | 'source'> {
  const names = file
    .getImportDeclarations()
    .filter((declaration) => declaration.getModuleSpecifierValue() === 'sluice')
    .flatMap((declaration) => declaration.getNamedImports())
  return new Map(
    names.flatMap((each): [string, 'table' | 'source'][] => {
      const name = each.getName()
      return name === 'table' || name === 'source' ? [[each.getAliasNode()?.getText() ?? name, name]] : []
    }),
  )
}

function declared(
  call: CallExpression,
  callees: ReadonlyMap<string, 'table' | 'source'>,
): Pick<Declaration, 'kind' | 'name'> | undefined {
  const callee = call.getExpression()
  const [first, second] = call.getArguments()
  if (first === undefined) return undefined
  if (Node.isIdentifier(callee) && callees.get(callee.getText()) === 'table')
    return named('table', [textOf(first)])
  if (!Node.isPropertyAccessExpression(callee) || callees.get(callee.getExpression().getText()) !== 'source')
    return undefined
  const given = Node.isObjectLiteralExpression(second) ? second.getProperty('name') : undefined
  const name = Node.isPropertyAssignment(given) ? given.getInitializer() : undefined
  if (name) return named('source', [textOf(name)])
  return named(
    'source',
    Node.isArrayLiteralExpression(first) ? first.getElements().map(textOf) : [textOf(first)],
  )
}

/** A source without a name is called by its paths, see `contract/source.ts`. */
function named(
  kind: 'table' | 'source',
  parts: readonly (string | undefined)[],
): Pick<Declaration, 'kind' | 'name'> | undefined {
  return parts.includes(undefined) ? undefined : { kind, name: parts.join(', ') }
}

/** The value of a text, as it stands or as its type says. */
function textOf(node: Node): string | undefined {
  if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) return node.getLiteralText()
  const value = node.getType().getLiteralValue()
  return typeof value === 'string' ? value : undefined
}
