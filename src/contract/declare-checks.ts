import type { Place } from '../base/problem.ts'
import type { CheckOptions, CheckRule, DeclaredCheck, OnFailure, Severity } from './check-form.ts'
import { nameOfRule } from './check-name.ts'
import type { TableCheck } from './check.ts'
import type { Columns } from './column.ts'

interface Written {
  readonly rule: CheckRule
  readonly options: CheckOptions
  readonly site?: Place
}

/** The checks of columns and of the table as plain JSON, each with a name of its own. */
export function declareChecks(
  columns: Columns,
  checks: readonly (string | TableCheck)[],
  tell: (place: Place | undefined) => Place | undefined,
): DeclaredCheck[] {
  const written = [...ofColumns(columns), ...checks.map((each) => ofTable(each, Object.keys(columns)))]
  const taken = new Set(written.flatMap(({ options }) => options.name?.toLowerCase() ?? []))
  return written.map(({ rule, options, site }) => {
    const where = tell(site)
    const named = options.name !== undefined
    const name = options.name ?? freeName(nameOfRule(rule), taken)
    return { name, ...(named && { named }), ...reaction(options), ...rule, ...(where && { where }) }
  })
}

function ofColumns(columns: Columns): Written[] {
  return Object.entries(columns).flatMap(([column, { checks }]) =>
    checks.map(({ rule, ...rest }) => {
      const named = rule.kind === 'unique' ? { ...rule, columns: [column] } : { ...rule, column }
      return { rule: named, ...rest }
    }),
  )
}

function ofTable(check: string | TableCheck, columns: readonly string[]): Written {
  if (typeof check === 'string') return { rule: { kind: 'row', condition: check }, options: {} }
  const { rule, options, site } = check
  return { rule: rule(columns), options, ...(site && { site }) }
}

/** What was left out follows from what was said. */
function reaction({ severity, onFailure }: CheckOptions): { severity: Severity; onFailure: OnFailure } {
  const does = onFailure ?? (severity === 'warn' ? 'warn' : 'fail')
  return { severity: severity ?? (does === 'fail' ? 'error' : 'warn'), onFailure: does }
}

/** The same check may stand twice; names that users gave come first. */
function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let count = 2; taken.has(free); count++) free = `${name}_${count}`
  taken.add(free)
  return free
}
