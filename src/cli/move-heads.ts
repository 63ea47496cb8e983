import type { Problem } from '../base/problem.ts'
import type { ViewOptions } from '../report/plan-text.ts'
import type { Cli } from './cli.ts'
import { confirmed } from './confirm.ts'
import { tellProblems } from './failure.ts'

/** What promote and rollback give. */
interface Moved<P> {
  readonly outcome: string
  readonly plan: P
  readonly warnings?: readonly Problem[]
}

export interface Move<P, R> {
  /** Asks with the plan before it does anything. */
  readonly work: (confirm: (plan: P) => Promise<boolean>) => Promise<R>
  /** Ends without a mark. */
  readonly question: string
  readonly planText: (plan: P, options: ViewOptions) => string
  readonly endText: (result: R) => string
}

/** Moves heads of an environment: shows the plan, asks, and tells what came of it. */
export async function moveHeads<P extends { readonly problems: readonly Problem[] }, R extends Moved<P>>(
  { work, question, planText, endText }: Move<P, R>,
  { yes, json }: { readonly yes?: true; readonly json?: true },
  cli: Cli,
): Promise<void> {
  const style = { width: cli.out.width, paint: cli.out.paint }
  let shown = false
  const result = await work((plan) => {
    if (!json) cli.out.write(planText(plan, style))
    shown = true
    return confirmed(question, yes ?? false, cli, '--dry-run')
  })
  const { outcome, plan, warnings } = result
  if (outcome === 'refused') cli.exit(1)
  if (outcome === 'declined') cli.exit(130)
  if (json) return cli.out.write(`${JSON.stringify(result)}\n`)
  if (!shown) cli.out.write(planText(plan, style))
  tellProblems(plan.problems, cli, false)
  if (warnings) tellProblems(warnings, cli, false)
  cli.out.write(endText(result))
}
