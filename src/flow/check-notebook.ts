import type { AnyNotebook } from '../contract/notebook.ts'
import type { Describing, Told } from './describe-context.ts'

/** Checks what a notebook's definition says about itself: queries or code, for its outputs and no others. */
export function checkDefinition(notebook: AnyNotebook, told: Told, context: Describing): void {
  const { select, run, secrets = [] } = notebook.definition
  const where = context.tell(notebook.site) ?? told.where
  const refuse = (message: string, hint: string) =>
    context.problems.push({ code: 'notebook/kind', message: `step '${told.step}': ${message}`, where, hint })
  const outputs = Object.keys(notebook.outputs as object)
  if (select === undefined && run === undefined) {
    refuse(
      'its notebook has neither select nor run',
      'give one query for each output in `select`, or code in `run`',
    )
  } else if (select !== undefined && run !== undefined) {
    refuse('its notebook has both select and run', 'keep `select` for queries, or `run` for code')
  } else if (select !== undefined) {
    const queries = Object.keys(select)
    const missing = outputs.filter((handle) => !queries.includes(handle))
    const extra = queries.filter((handle) => !outputs.includes(handle))
    for (const handle of missing) refuse(`output '${handle}' has no query`, 'add it to `select`')
    for (const handle of extra)
      refuse(`there is no output '${handle}' for its query`, 'add the table to `outputs`')
    if (outputs.length === 0) refuse('it has queries but no outputs', 'a notebook without outputs has `run`')
  }
  for (const name of secrets) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) continue
    const message = `step '${told.step}': the secret '${name}' cannot be a variable of the environment`
    context.problems.push({ code: 'contract/option-invalid', message, where })
  }
}
