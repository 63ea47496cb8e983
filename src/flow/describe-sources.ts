import { digestOf } from '../base/digest.ts'
import type { Place } from '../base/problem.ts'
import { declareSource, declareTable } from '../contract/declare.ts'
import type { AnyInput } from '../contract/input.ts'
import type { DeclaredSource, DeclaredTable } from '../contract/spec.ts'
import type { DeclaredFlow } from './declared.ts'
import type { Describing } from './describe-context.ts'

/**
 * What `.source` declares: raw files, and tables that are produced outside of the flow. The same thing
 * declared twice counts once.
 */
export function describeSources(
  links: readonly { readonly input: AnyInput; readonly where?: Place }[],
  context: Describing,
): Pick<DeclaredFlow, 'sources' | 'external' | 'mayBeAbsent'> {
  const sources = new Map<string, DeclaredSource>()
  const external = new Map<string, DeclaredTable>()
  const required = new Set<string>()
  for (const { input, where } of links) {
    if (input.kind === 'source') {
      keep(sources, declareSource(input.origin, context.tell), 'source', where, context)
    } else {
      keep(external, declareTable(input.origin, context.tell), 'table', where, context)
    }
    if (!input.isOptional) required.add(input.name)
  }
  const absent = [...sources.keys(), ...external.keys()].filter((name) => !required.has(name))
  return {
    sources: [...sources.values()],
    external: [...external.values()],
    ...(absent.length > 0 && { mayBeAbsent: absent }),
  }
}

function keep<T extends DeclaredSource | DeclaredTable>(
  known: Map<string, T>,
  declared: T,
  word: string,
  where: Place | undefined,
  { problems }: Describing,
): void {
  const other = known.get(declared.name)
  if (other === undefined) {
    known.set(declared.name, declared)
  } else if (digestOf({ ...other, where: null }) !== digestOf({ ...declared, where: null })) {
    problems.push({
      code: 'flow/invalid',
      message: `two different ${word}s are called '${declared.name}'`,
      where,
      related: [
        { message: 'one is declared here', where: other.where },
        { message: 'the other here', where: declared.where },
      ],
      hint: `give one of them another name`,
    })
  }
}
