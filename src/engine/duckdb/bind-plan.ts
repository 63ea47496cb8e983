import type { RenderedQuery } from '../../contract/render.ts'
import type { AnalysedInput } from '../analysis.ts'
import type { Analyst } from './analyst.ts'
import { inScope, scopeText } from './contract-scope.ts'
import { edited, type Edit, type Edited } from './edits.ts'
import { FaultError } from './faults.ts'
import { paramEdits } from './param-text.ts'
import { bindParams } from './params.ts'
import { placeFault, type PlacedFault } from './place-fault.ts'
import { readPlan, type BoundPlan } from './plan.ts'
import { describe, type BoundColumn } from './source-parquet.ts'
import { isWrongName, standIn } from './stand-in.ts'
import { readTree, type ParsedQuery, type ParseFault, type TreeNode } from './tree.ts'

/** So many wrong names of one query are told. */
const mostFaults = 20

/** A query that is bound against contracts, as often as needed. */
export class QueryBinder {
  private readonly analyst: Analyst
  private readonly query: RenderedQuery
  private readonly scope: string
  private readonly params: readonly Edit[]
  readonly inputs: readonly AnalysedInput[]

  /** Throws a ProblemError for values that cannot be bound. */
  constructor(analyst: Analyst, query: RenderedQuery, inputs: readonly AnalysedInput[]) {
    this.analyst = analyst
    this.query = query
    this.inputs = inputs.filter(({ handle }) => query.relations.includes(handle))
    this.scope = scopeText(this.inputs)
    this.params = paramEdits(query.text, query.params)
  }

  /** Parses and binds in one go. The plan is to be looked at when the query parsed. */
  async ask(): Promise<{ tree: ParsedQuery | ParseFault; bound: () => BoundPlan | PlacedFault }> {
    const { text } = this.query
    const scoped = this.scoped(this.params)
    const told = await this.analyst.ask(text, scoped.text)
    return { tree: readTree(text, told.tree), bound: () => this.read(told.plan, scoped.indexAt) }
  }

  /**
   * All wrong names of a query, beginning with the fault at which DuckDB stopped: each is replaced by something
   * that fits anywhere, and the query bound again. What is found later is told only when it is another wrong name.
   */
  async allFaults(first: PlacedFault, query: TreeNode): Promise<PlacedFault[]> {
    const faults = [first]
    const edits = [...this.params]
    for (let fault = first; faults.length < mostFaults;) {
      const edit = standIn(this.query.text, query, fault)
      if (!edit) break
      edits.push(edit)
      const scoped = this.scoped(edits)
      const next = this.read(await this.analyst.plan(scoped.text), scoped.indexAt)
      if (!isFault(next) || !isWrongName(next) || faults.some(({ offset }) => offset === next.offset)) break
      faults.push(next)
      fault = next
    }
    return faults
  }

  /** Binds once more, without a plan: the judge of what `json_serialize_plan` refuses. */
  async describe(): Promise<readonly BoundColumn[] | PlacedFault> {
    const scoped = this.scoped([])
    const before = 'DESCRIBE ('
    try {
      const params = bindParams(this.query.params)
      return await describe(this.analyst.connection, `${before.slice(9)}${scoped.text})`, params)
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      return placeFault(error.fault, this.query.text, (bytes) => scoped.indexAt(bytes - before.length))
    }
  }

  private scoped(edits: readonly Edit[]): Edited {
    const query = edited(this.query.text, edits)
    const skip = Buffer.byteLength(this.scope) + 1
    return {
      text: inScope(this.scope, query.text),
      indexAt: (bytes) => (bytes < skip ? undefined : query.indexAt(bytes - skip)),
    }
  }

  private read(json: string, indexAt: (bytes: number) => number | undefined): BoundPlan | PlacedFault {
    const plan = readPlan(json, this.inputs)
    return 'root' in plan ? { ...plan, indexAt } : placeFault(plan, this.query.text, indexAt)
  }
}

export function isFault(bound: BoundPlan | PlacedFault | readonly BoundColumn[]): bound is PlacedFault {
  return 'message' in bound
}
