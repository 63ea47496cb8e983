import { InternalError } from '../base/problem.ts'
import { isSql } from '../contract/sink.ts'
import type { StepFindings } from '../freshness/findings.ts'
import type { Reason } from '../freshness/reason.ts'
import type { Delivered } from '../freshness/target-files.ts'
import { limitedSignal } from './cancel.ts'
import type { Delivering } from './deliver-file.ts'
import type { StepFinished } from './events.ts'
import type { RunScope } from './scope.ts'
import { publish, recordOf } from './step-commit.ts'
import { timedOut } from './timed-out.ts'

/**
 * Brings committed tables to their target, then remembers it. A run that ends in between is healed by the next one:
 * files are put in their place again, and a database knows from its ledger what it has. Undefined when the record
 * could not be committed, so that the step is judged anew.
 */
export async function deliverStep(
  scope: RunScope,
  findings: StepFindings,
  reasons: readonly Reason[],
  attempt: number,
): Promise<Pick<StepFinished, 'outcome' | 'reasons' | 'tables' | 'result' | 'delivered'> | undefined> {
  const { step } = findings
  scope.emit({ event: 'step-started', step: step.name, notebook: step.notebook, reasons, attempt })
  const { timeout } = scope.limitsOf(step)
  const limited = limitedSignal(scope.signal, timeout)
  try {
    const computedAt = new Date().toISOString()
    const delivered = await deliver({ scope, findings, signal: limited.signal })
    if (!delivered) return undefined
    const result = { ...delivered }
    const done = await publish(
      scope,
      findings,
      recordOf(scope, findings, {}, { result }, computedAt),
      {},
      'publish',
    )
    return done && { outcome: 'ran', reasons, tables: [], result, delivered }
  } catch (error) {
    if (limited.timedOut()) throw timedOut(step, timeout)
    throw error
  } finally {
    limited.clear()
  }
}

/** What serves a kind of target is loaded when a delivery is stale. */
async function deliver(delivering: Delivering): Promise<Delivered | undefined> {
  const { sink } = delivering.findings.step
  if (!sink) throw new InternalError(`step '${delivering.findings.step.name}' delivers nowhere`)
  if (isSql(sink)) return (await import('./deliver-sql.ts')).deliverSql(delivering, sink)
  if (sink.kind === 'datapackage')
    return (await import('./deliver-package.ts')).deliverPackage(delivering, sink)
  return (await import('./deliver-file.ts')).deliverFile(delivering, sink)
}
