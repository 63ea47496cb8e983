import path from 'node:path'
import { InternalError } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Columns } from '../contract/column.ts'
import { makeInput, type AnyInput } from '../contract/input.ts'
import type { AnyTable, Tables } from '../contract/table.ts'
import type { Link } from './flow.ts'
import type { YamlLink } from './yaml.ts'
import { problem, readReference, type YamlLoading } from './yaml-modules.ts'

/**
 * A delivery of a YAML flow as a link. A table is named as the steps of the flow write it, or as `module#export`.
 *
 * @param links of the steps and sources of the flow
 */
export async function toDelivery(
  link: YamlLink,
  links: readonly Link[],
  loading: YamlLoading,
): Promise<Link> {
  if (link.kind !== 'deliver') throw new InternalError('a link of a YAML flow was taken for a delivery')
  const { table, to, ...settings } = link.delivery
  const provided = tablesProvided(links)
  const tables: AnyInput[] = []
  for (const name of typeof table === 'string' ? [table] : table) {
    const known = provided.get(name)
    if (known) {
      tables.push(known)
      continue
    }
    if (!name.includes('#')) {
      const message = `no step of the flow writes the table '${name}', which is to be delivered`
      throw problem('flow/table-unknown', message, link.where, didYouMean(name, provided.keys()))
    }
    tables.push(await readReference(name, link.where, loading))
  }
  const site = { ...link.where, file: path.resolve(loading.root, link.where.file) }
  return { kind: 'deliver', tables, to, settings, site }
}

/** The tables that links declare or write, under the names that steps give them. */
function tablesProvided(links: readonly Link[]): Map<string, AnyInput> {
  const tables = new Map<string, AnyInput>()
  for (const link of links) {
    if (link.kind === 'source') tables.set(link.input.name, link.input)
    if (link.kind !== 'step') continue
    if (link.of.kind === 'flow') {
      const inner = (link.of as { readonly links?: readonly Link[] }).links ?? []
      for (const [name, input] of tablesProvided(inner)) tables.set(name, input)
      continue
    }
    for (const [handle, output] of Object.entries(link.of.outputs as Tables)) {
      const bound = link.settings.outputs?.[handle]
      const name = (typeof bound === 'string' ? bound : bound?.name) ?? output.name
      tables.set(name, called(output, name))
      const { rejects } = output
      if (rejects) {
        const other = bound === undefined ? rejects.name : `${name}_rejects`
        tables.set(other, called(rejects, other))
      }
    }
  }
  return tables
}

function called(table: AnyTable, name: string): AnyInput {
  const columns = table.columns as Columns
  const origin = { ...table.origin, name }
  return makeInput({ kind: 'table', name, columns, origin, picked: false, isOptional: false })
}
