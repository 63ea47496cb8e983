import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { ProblemError } from '../../base/problem.ts'
import type { Imported } from '../../check/odcs/import.ts'
import { contractModule } from './contract-module.ts'

/** A file that holds a contract and no rows: an ODCS document or a JSON Schema. */
export interface ContractFile {
  /** For messages: as the person said it. */
  readonly said: string
  readonly text: string
  readonly form: 'odcs' | 'json-schema'
}

/** The contract file that `--from` names, or undefined when it names rows. */
export async function contractFile(
  from: string,
  bases: readonly string[],
): Promise<ContractFile | undefined> {
  if (!/\.(ya?ml|json)$/i.test(from)) return undefined
  const full = bases
    .map((base) => path.resolve(base, from))
    .find((each) => statSync(each, { throwIfNoEntry: false })?.isFile())
  if (full === undefined) return undefined
  if (/\.ya?ml$/i.test(from)) return { said: from, text: readFileSync(full, 'utf8'), form: 'odcs' }
  // A file of rows may be large: a schema says so at its begin.
  if (statSync(full).size > 16e6) return undefined
  const { isJsonSchema } = await import('../../check/json-schema.ts')
  const text = readFileSync(full, 'utf8')
  return /\.schema\.json$/i.test(from) || isJsonSchema(text)
    ? { said: from, text, form: 'json-schema' }
    : undefined
}

/**
 * The module of a table that a contract file describes.
 *
 * @param object the table within the file, where there are several
 * @throws ProblemError with all that is wrong with the file
 */
export async function importedModule(
  { said, text, form }: ContractFile,
  name: string,
  variable: string,
  object: string | undefined,
): Promise<{ text: string; notes: readonly string[] }> {
  const imported =
    form === 'odcs'
      ? (await import('../../check/odcs/import.ts')).importOdcs(text, said, object)
      : (await import('../../check/json-schema.ts')).importJsonSchema(text, said, name)
  if (!isImported(imported)) throw new ProblemError(imported)
  const module = contractModule({ ...imported.table, name }, variable)
  return { text: module.text, notes: [...imported.notes, ...module.notes].map((note) => `${said}: ${note}`) }
}

function isImported(result: Imported | readonly unknown[]): result is Imported {
  return !Array.isArray(result)
}
