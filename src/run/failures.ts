import { InternalError, problemsOf, type Place, type Problem } from '../base/problem.ts'
import { placeInStack } from '../base/site.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import { relativeTo } from '../notebook/load.ts'
import { machineProblem } from '../storage/fault.ts'
import { ChildEnded, ChildThrew } from './child.ts'
import { endedProblem, memoryProblem } from './ended-problem.ts'
import { OutOfMemory } from './guard-memory.ts'
import { maskProblems } from './mask.ts'
import { withQueryPlace } from './query-place.ts'

/**
 * What went wrong in a step, as Problems that name the step and the file, without values of its secrets. Our
 * own bugs are thrown on.
 */
export function stepProblems(error: unknown, step: DeclaredStep, root: string): readonly Problem[] {
  return maskProblems(problemsIn(error, step, root), step.secrets)
}

function problemsIn(error: unknown, step: DeclaredStep, root: string): readonly Problem[] {
  // What a delivery is, stands in the flow.
  const where = (step.kind === 'deliver' ? step.where : undefined) ?? { file: step.file }
  const problems = problemsOf(error)
  if (problems)
    return problems.map((problem) => withPlace(withQueryPlace(problem, step.file, root), where, root))
  if (error instanceof ChildThrew) {
    const refused = error.op === 'run' ? undefined : ofMachine(error, step)
    if (refused) return [refused]
    if (error.op === 'compute')
      return [{ code: 'step/engine', message: `step '${step.name}': ${error.message}`, where }]
    const place = placeInStack(`\n${error.stack ?? ''}`)
    return [
      {
        code: 'step/threw',
        message: `step '${step.name}': ${error.message}`,
        where: place ? { ...place, file: relativeTo(root, place.file) } : where,
      },
    ]
  }
  if (error instanceof ChildEnded) return [endedProblem(error, step)]
  if (error instanceof OutOfMemory) return [memoryProblem(error, step)]
  if (error instanceof InternalError) throw error
  const refused = ofMachine(error, step)
  if (refused) return [refused]
  throw new InternalError(`step '${step.name}' failed in Sluice itself: ${String(error)}`, { cause: error })
}

/** What the operating system refused outside of the code of the notebook. */
function ofMachine(error: unknown, step: DeclaredStep): Problem | undefined {
  const problem = machineProblem(error)
  return (
    problem && {
      ...problem,
      message: `step '${step.name}': ${problem.message}`,
      where: { file: step.file },
    }
  )
}

/** Engines know absolute paths; people read those of their project. */
function withPlace(problem: Problem, otherwise: Place, root: string): Problem {
  const where = problem.where ?? otherwise
  return { ...problem, where: { ...where, file: relativeTo(root, where.file) } }
}
