import type { Problem } from '../base/problem.ts'
import type { DeclaredStep } from '../flow/declared.ts'
import type { ChildEnded } from './child.ts'
import type { OutOfMemory } from './guard-memory.ts'

/** A process of a step that ended, as a Problem: by itself, by a signal, or by what it does natively. */
export function endedProblem({ code, signal }: ChildEnded, step: DeclaredStep): Problem {
  const where = { file: step.file }
  if (step.kind === 'select') {
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`
    return {
      code: 'step/engine',
      message: `step '${step.name}': its query ran alone, and the engine's process was ended ${how}`,
      where,
      hint: 'other steps are not touched; the query, its files or a want of memory did it',
    }
  }
  if (signal === null) {
    return {
      code: 'step/exited',
      message: `step '${step.name}': the notebook ended its process with exit code ${code}`,
      where,
      hint: 'a notebook returns or throws; it does not call process.exit()',
    }
  }
  return {
    code: 'step/exited',
    message: `step '${step.name}': its process was ended by ${signal}${crashes.has(signal) ? ', a crash in native code' : ''}`,
    where,
    ...(signal === 'SIGKILL' && {
      hint: 'somebody killed it, or the system did for want of memory',
    }),
  }
}

const crashes: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT', 'SIGTRAP'])

/** A process that ended for want of memory, as a Problem. */
export function memoryProblem({ why, held = 0, limit = 0 }: OutOfMemory, step: DeclaredStep): Problem {
  const where = { file: step.file }
  if (why === 'limit') {
    return {
      code: 'step/memory',
      message: `step '${step.name}': its process held ${sizeText(held)}, far over its memory limit of ${sizeText(limit)}, and was ended`,
      where,
      hint: `${batches}, or raise \`memory\` of the step or of sluice.yaml`,
    }
  }
  if (why === 'heap') {
    return {
      code: 'step/memory',
      message: `step '${step.name}': the heap of JavaScript was full, and Node ended the process`,
      where,
      hint: `${batches}; or give Node more with NODE_OPTIONS=--max-old-space-size=<MB>`,
    }
  }
  return {
    code: 'step/memory',
    message: `step '${step.name}': the system ended its process for want of memory`,
    where,
    hint: 'let fewer steps run together (`concurrency`, `pools`), or lower `memory` in sluice.yaml',
  }
}

const batches = 'read and write rows in batches instead of keeping them all'

function sizeText(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
