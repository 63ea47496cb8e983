import { readFileSync, readdirSync } from 'node:fs'

/** The processes below one, by their parents (proc(5)). */
function below(pid: number): number[] {
  const parents = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const parent = Number(/^PPid:\s*(\d+)/m.exec(statusOf(Number(name)))?.[1] ?? -1)
    parents.set(parent, [...(parents.get(parent) ?? []), Number(name)])
  }
  const found: number[] = []
  const open = [pid]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    found.push(next)
    open.push(...(parents.get(next) ?? []))
  }
  return found
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}

/** Watches how much memory a process and those below it hold at most, each by itself, in bytes. */
export function watchPeak(pid: number): { readonly stop: () => number } {
  let most = 0
  const look = () => {
    for (const each of below(pid)) {
      const kilobytes = Number(/^VmHWM:\s*(\d+) kB/m.exec(statusOf(each))?.[1] ?? 0)
      most = Math.max(most, kilobytes * 1024)
    }
  }
  const timer = setInterval(look, 25)
  return {
    stop() {
      clearInterval(timer)
      return most
    },
  }
}
