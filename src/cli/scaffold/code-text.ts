/** Pieces of TypeScript and SQL as text, in the form that prettier gives them with single quotes. */

/** A string literal; takes double quotes where that saves escapes, as prettier does. */
export function quoted(text: string): string {
  const json = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  const singles = text.split("'").length
  const doubles = text.split('"').length
  if (singles > doubles) return json
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The name of a property in an object literal, in quotes where it must be. */
export function propertyName(name: string): string {
  // `__proto__: x` sets the prototype, also in quotes; a computed name does not (ECMA-262, B.3.1).
  if (name === '__proto__') return `['__proto__']`
  return /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : quoted(name)
}

/** A column after its alias, `x.fare`, inside a template: quoted where it must be, and safe in backticks. */
export function columnOf(alias: string, name: string): string {
  return `${alias}.${columnName(name)}`
}

/** A column's name in SQL inside a template. Behind a dot or AS, DuckDB takes every word as a name. */
export function columnName(name: string): string {
  if (plainName.test(name)) return name
  return inTemplate(`"${name.replaceAll('"', '""')}"`)
}

/** SQL as text of a template, where backticks, backslashes and `${` stand for themselves. */
export function inTemplate(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')
}

/** Text in a comment of one line. */
export function inComment(text: string): string {
  return text.replace(/[\r\n\u2028\u2029]+/g, ' ')
}

/** `a, b and c`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** Where prettier breaks lines in this project and in those that `sluice init` makes. */
export const lineWidth = 110

/** `before{ a, b }after`, with a line for each name when it does not fit. */
export function braced(before: string, names: readonly string[], after: string): string {
  const flat = `${before}{ ${names.join(', ')} }${after}`
  if (flat.length <= lineWidth) return flat
  const pad = /^ */.exec(before)?.[0] ?? ''
  return `${before}{\n${names.map((name) => `${pad}  ${name},\n`).join('')}${pad}}${after}`
}
