import type { Manifest } from './types.ts'

/** Types whose least and greatest value are exact in a footer, and exact as JSON. */
const integers = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'])
const nested = /\]$|^STRUCT\(/i

/**
 * The statistics of a file, as the JSON text that Delta keeps of it ("Per-file Statistics" of the protocol). Bounds
 * are given only where they are exact, for whole numbers and days: readers leave out files by them, and a wrong
 * one would hide rows. A manifest has them for all of its files together, so with several files only rows are told.
 */
export function deltaStats(manifest: Manifest, rows: number): string {
  const parts = [`"numRecords":${rows}`]
  if (manifest.files.length === 1) {
    const columns = manifest.columns.filter(({ name }) => Object.hasOwn(manifest.stats, name))
    const flat = columns.filter(({ type }) => !nested.test(type))
    const bounds = (end: 'min' | 'max') =>
      flat.flatMap(({ name, type }) => {
        const value = boundOf(type, manifest.stats[name]?.[end])
        return value === undefined ? [] : [`${JSON.stringify(name)}:${value}`]
      })
    const nulls = flat.map(({ name }) => `${JSON.stringify(name)}:${manifest.stats[name]?.nulls ?? 0}`)
    parts.push(`"minValues":{${bounds('min').join()}}`, `"maxValues":{${bounds('max').join()}}`)
    parts.push(`"nullCount":{${nulls.join()}}`)
  }
  return `{${parts.join()}}`
}

/** A bound as JSON. Whole numbers as their digits: those of 64 bits would lose some as numbers of JavaScript. */
function boundOf(type: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (integers.has(type)) return /^-?\d+$/.test(text) ? text : undefined
  if (type === 'DATE') return /^\d{4}-\d\d-\d\d$/.test(text) ? JSON.stringify(text) : undefined
  return undefined
}
