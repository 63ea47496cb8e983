import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { SyntaxKind, type SourceFile } from 'ts-morph'
import { ProblemError } from '../../base/problem.ts'
import type { FlowFile } from '../../flow/project.ts'
import { lineWidth } from './code-text.ts'
import { openModules, type Declaration } from './declarations.ts'
import { exportedChain, importsOf, moduleName, type FlowChain } from './flow-chain.ts'
import { camelCase, Variables } from './names.ts'
import { relativeImport } from './notebook-module.ts'
import type { Scaffolded } from './write-new.ts'

/** A flow's module with a step more. */
export interface FlowChange {
  readonly file: string
  /** Undefined when the flow has the step already. */
  readonly text?: string
  readonly notes: readonly string[]
}

interface Edit {
  readonly at: number
  readonly text: string
}

/** What a new step reads: declared in a module of the project, or in the one that is about to be written. */
export type StepRead = Pick<Declaration, 'kind' | 'name' | 'variable'> & { readonly where: { file: string } }

/**
 * Adds a notebook as the last step of a flow, and the sources that it reads where the flow does not declare
 * them. All other text of the module stays as it is.
 *
 * @param notebook the notebook's module, relative to the project
 * @throws ProblemError when the flow is YAML or not a chain
 */
export function withStep(
  root: string,
  flow: FlowFile,
  notebook: string,
  reads: readonly StepRead[],
): FlowChange {
  const name = camelCase(path.posix.basename(notebook, '.ts'))
  if (!flow.file.endsWith('.ts'))
    throw byHand(flow, `is not TypeScript`, `- notebook: ${notebook.replace(/^notebooks\/|\.ts$/g, '')}`)
  const file = openModules(root).addSourceFileAtPath(path.join(root, flow.file))
  const chain = exportedChain(file)
  if (chain === undefined)
    throw byHand(flow, "does not export a chain that begins with flow('...')", `.step(${name})`)

  const imports = importsOf(file)
  const places = (kind: string, module: string, exported: string) =>
    chain.links.some((link) => {
      const imported =
        link.kind === kind && link.variable !== undefined ? imports.get(link.variable) : undefined
      return imported?.module === moduleName(path.join(root, module)) && imported.name === exported
    })
  if (places('step', notebook, 'default'))
    return { file: flow.file, notes: [`${flow.file} has this step already`] }

  const declared = (read: StepRead) => places('source', read.where.file, read.variable)
  const missing = reads.filter(
    (read) => !declared(read) && (read.kind === 'source' || !places('step', read.where.file, 'default')),
  )
  const sources = missing.filter(({ kind }) => kind === 'source')
  const used = new Variables(file.getDescendantsOfKind(SyntaxKind.Identifier).map((each) => each.getText()))
  const lines: { from: string; clause: string }[] = []
  const links: string[] = []
  for (const { where, variable } of sources) {
    const local = used.take(variable, `${variable}Source`)
    lines.push({ from: where.file, clause: `{ ${variable === local ? local : `${variable} as ${local}`} }` })
    links.push(`.source(${local})`)
  }
  const step = used.take(name, `${name}Step`)
  const beside = lines.find(({ from }) => from === notebook)
  if (beside) beside.clause = `${step}, ${beside.clause}`
  else lines.push({ from: notebook, clause: step })
  links.push(`.step(${step}${nameOption(notebook, chain, imports)})`)
  const edits = [...lines.map((line) => importEdit(file, flow.file, line)), ...chainEdits(file, chain, links)]
  const notes = missing
    .filter(({ kind }) => kind === 'table')
    .map(
      (read) =>
        `${flow.file} has no step of ${read.where.file}, which declares '${read.name}': add it, or .source(${read.variable})`,
    )
  return { file: flow.file, text: applied(file.getFullText(), edits), notes }
}

/** Writes a flow that has got a step. */
export async function writeChange(root: string, change: FlowChange | undefined): Promise<void> {
  if (change?.text !== undefined) await writeFile(path.join(root, change.file), change.text)
}

/** The same for what is told. */
export function changed(change: FlowChange | undefined): Scaffolded['written'] {
  return change?.text === undefined ? [] : [{ file: change.file, change: 'changed' }]
}

/** A step is called like its file: a second one of that name is called by its folder too. */
function nameOption(notebook: string, chain: FlowChain, imports: ReturnType<typeof importsOf>): string {
  const base = (module: string) => path.basename(module, '.ts')
  const taken = chain.links.some(({ kind, variable }) => {
    const imported = kind === 'step' && variable !== undefined ? imports.get(variable) : undefined
    return imported?.name === 'default' && base(imported.module) === base(notebook)
  })
  const short = notebook.replace(/^notebooks\/|\.ts$/g, '').replaceAll('/', '_')
  return taken ? `, { name: '${short}' }` : ''
}

function byHand(flow: FlowFile, why: string, line: string): ProblemError {
  return new ProblemError({
    code: 'project/usage',
    message: `${flow.file} ${why}, so the step cannot be added, and nothing was written`,
    where: { file: flow.file },
    hint: `leave out --flow, and add by hand: ${line}`,
  })
}

/** An import in the manner of the others: in its place when they are in order, else behind them. */
function importEdit(
  file: SourceFile,
  flow: string,
  { from, clause }: { from: string; clause: string },
): Edit {
  const target = relativeImport(flow, from)
  const others = file.getImportDeclarations()
  const last = others.at(-1)
  const quote = last?.getModuleSpecifier().getText().charAt(0) ?? "'"
  const end = last && !last.getText().endsWith(';') ? '' : ';'
  const text = `import ${clause} from ${quote}${target}${quote}${end}`
  const local = others.filter((each) => each.getModuleSpecifierValue().startsWith('.'))
  const names = local.map((each) => each.getModuleSpecifierValue())
  const next = names.every((name, at) => at === 0 || (names[at - 1] ?? '') <= name)
    ? local.find((each) => each.getModuleSpecifierValue() > target)
    : undefined
  if (next) return { at: next.getStart(), text: `${text}\n` }
  return last ? { at: last.getEnd(), text: `\n${text}` } : { at: 0, text: `${text}\n` }
}

/** Puts links at the end of a chain: on lines of their own when it has lines or grows too long. */
function chainEdits(file: SourceFile, chain: FlowChain, links: readonly string[]): Edit[] {
  const text = file.getFullText()
  const first = text.lastIndexOf('\n', chain.start - 1) + 1
  const indent = /^[ \t]*/.exec(text.slice(first))?.[0] ?? ''
  const lined = chain.links.find((link) => link.startsLine)
  if (lined) {
    const pad = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', lined.dot) + 1))?.[0] ?? `${indent}  `
    // A comment behind the last link stays with it.
    const comment = /^[ \t]*\/\/[^\r\n]*/.exec(text.slice(chain.end))?.[0].length ?? 0
    return [{ at: chain.end + comment, text: links.map((link) => `\n${pad}${link}`).join('') }]
  }
  const added = links.join('')
  if (text.slice(first, chain.end).length + added.length <= lineWidth) return [{ at: chain.end, text: added }]
  const broken = chain.links.map(({ dot }) => ({ at: dot, text: `\n${indent}  ` }))
  return [...broken, { at: chain.end, text: links.map((link) => `\n${indent}  ${link}`).join('') }]
}

/** The text with all edits; those at one place come in their order. Line ends are those of the text. */
function applied(text: string, edits: readonly Edit[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  let result = ''
  let from = 0
  for (const edit of edits.toSorted((a, b) => a.at - b.at)) {
    result += text.slice(from, edit.at) + edit.text.replaceAll('\n', newline)
    from = edit.at
  }
  return result + text.slice(from)
}
