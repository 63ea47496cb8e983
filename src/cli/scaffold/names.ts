/** Words that cannot be a variable of a module in strict mode (ECMA-262, 12.7.2), and what generated modules import. */
const taken = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof undefined var void while with yield ' +
    'flow notebook source sql t table'
  ).split(' '),
)

/** A variable for a table, file or step: `silver.trips_2019` becomes `silverTrips2019`. */
export function camelCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const joined = words.map((word, at) => (at === 0 ? lowerFirst(word) : upperFirst(word))).join('')
  return /^[A-Za-z]/.test(joined) ? joined : `_${joined}`
}

/** Words in capitals stay words: `SalesOrders` becomes `salesOrders`, `NYC` becomes `nyc`. */
function lowerFirst(word: string): string {
  return word === word.toUpperCase() ? word.toLowerCase() : word.charAt(0).toLowerCase() + word.slice(1)
}

function upperFirst(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/** The last part of a table's name: `trips` of `silver.trips`. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** Gives out variables of a module, each once. */
export class Variables {
  readonly #used: Set<string>

  constructor(used: Iterable<string> = []) {
    this.#used = new Set(used)
  }

  /** The first wish that is free, else the last one with a number. */
  take(...wishes: readonly [string, ...string[]]): string {
    const last = wishes.at(-1) ?? wishes[0]
    const free = (name: string) => !taken.has(name) && !this.#used.has(name)
    let name = wishes.find(free)
    for (let n = 2; name === undefined; n += 1) if (free(`${last}${n}`)) name = `${last}${n}`
    this.#used.add(name)
    return name
  }
}
