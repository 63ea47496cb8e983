import { distance } from 'fastest-levenshtein'

/** The known names that are near to a wrong one, nearest first, at most three. */
export function nearest(wrong: string, known: Iterable<string>): string[] {
  const limit = Math.max(2, Math.floor(wrong.length / 3))
  const low = wrong.toLowerCase()
  return [...new Set(known)]
    .map((name) => ({ name, far: distance(low, name.toLowerCase()), part: name.toLowerCase().includes(low) }))
    .filter(({ far, part }) => far <= limit || (part && low.length > 2))
    .toSorted((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** "did you mean 'a' or 'b'?", or a list of what there is when it is short, or undefined. */
export function didYouMean(wrong: string, known: Iterable<string>): string | undefined {
  const all = [...new Set(known)]
  const near = nearest(wrong, all)
  if (near.length > 0) return `did you mean ${near.map((name) => `'${name}'`).join(' or ')}?`
  if (all.length === 0 || all.length > 12) return undefined
  return `there is ${all.map((name) => `'${name}'`).join(', ')}`
}
