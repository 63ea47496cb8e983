import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from './pages.ts'

const page = readFileSync(`${root}docs/guarantees.md`, 'utf8')
const linked = [...page.matchAll(/\]\(\.\.\/(tests\/[^)]+)\)/g)].flatMap(([, file]) => file ?? [])

/** What proves a guarantee by faults: each of these files is told on the page. */
const byFaults =
  /crash|kill|fault|race|contention|reader|simulat|interleaving|flip|verify|fuzz|hostile|link|canary|bomb|gate|damage/

describe('docs/guarantees.md', () => {
  it('names tests that there are, with tests in them', () => {
    expect(linked.length).toBeGreaterThan(15)
    for (const file of linked) {
      expect(existsSync(root + file), file).toBe(true)
      expect(readFileSync(root + file, 'utf8'), file).toMatch(/\b(it|test|cloudFaults|driverSuite)\b[.(]/)
    }
  })

  it('leaves out no long test of faults', () => {
    const files = readdirSync(`${root}tests/long`).filter(
      (name) => name.endsWith('.test.ts') && byFaults.test(name),
    )
    expect(files.filter((name) => !linked.includes(`tests/long/${name}`))).toEqual([])
  })
})
