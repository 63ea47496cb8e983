import { digestOf } from '../base/digest.ts'
import type { Problem } from '../base/problem.ts'
import type { DeclaredFlow, DeclaredStep } from './declared.ts'
import { targetClashes } from './target-clashes.ts'

interface Owner {
  readonly flow: DeclaredFlow
  readonly step: DeclaredStep
}

/**
 * Checks that across the flows of a project each table belongs to one combination of notebook, args and
 * bindings, and each target to one delivery. The same step in several flows is fine: it computes the same rows.
 */
export function checkOwners(flows: readonly DeclaredFlow[]): Problem[] {
  const owners = new Map<string, Owner>()
  const problems: Problem[] = [...targetClashes(flows)]
  for (const flow of flows) {
    for (const step of flow.steps) {
      for (const { table } of step.outputs) {
        const owner = owners.get(table.name.toLowerCase())
        if (owner === undefined) owners.set(table.name.toLowerCase(), { flow, step })
        else if (owner.flow !== flow && identity(owner.step) !== identity(step)) {
          problems.push(clash(table.name, owner, { flow, step }))
        }
      }
    }
  }
  return problems
}

/** What makes the rows of a step: its notebook, its args, and which tables stand behind its handles. */
function identity(step: DeclaredStep): string {
  return digestOf({
    file: step.file,
    args: step.args,
    inputs: Object.fromEntries(step.inputs.map(({ handle, kind, name }) => [handle, [kind, name]])),
    outputs: Object.fromEntries(
      step.outputs.map(({ handle, table }) => [handle, [table.name, table.path ?? null]]),
    ),
  })
}

function clash(table: string, one: Owner, other: Owner): Problem {
  const { where } = other.step
  return {
    code: 'flow/owner',
    message:
      `table '${table}' is written by step '${one.step.name}' of flow '${one.flow.name}' and by step ` +
      `'${other.step.name}' of flow '${other.flow.name}', and ${difference(one.step, other.step)}`,
    ...(where && { where }),
    related: [
      {
        message: `step '${one.step.name}' of flow '${one.flow.name}'`,
        ...(one.step.where && { where: one.step.where }),
      },
    ],
    hint: 'give one of the outputs another name: `{ outputs: { ... } }` of its step',
  }
}

function difference(one: DeclaredStep, other: DeclaredStep): string {
  if (one.file !== other.file) return `they are different notebooks: ${one.notebook} and ${other.notebook}`
  if (digestOf(one.args) !== digestOf(other.args)) return 'their args differ'
  return 'their tables are bound in different ways'
}
