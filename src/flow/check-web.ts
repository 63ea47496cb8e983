import type { Problem } from '../base/problem.ts'
import { parseDuration } from '../base/duration.ts'
import { parseSize } from '../base/size.ts'
import { isAddress, ownHeaders } from '../contract/source-web.ts'
import type { DeclaredSource } from '../contract/spec.ts'

type Tell = (message: string, hint?: string) => Problem

/** What is wrong with the addresses of a source, and with what it says of them. */
export function webProblems({ paths, web, landing }: DeclaredSource, told: Tell): Problem[] {
  const addresses = paths.filter(isAddress)
  const problems = paths.flatMap((each) => addressProblems(each, told))
  if (addresses.length > 0 && addresses.length < paths.length)
    problems.push(told('has addresses and paths', 'make two sources'))
  if (addresses.length > 0 && landing)
    problems.push(told('has an archive, and files on a server cannot be moved', 'leave `archive` out'))
  if (!web) return problems
  const { headers = {}, refresh, timeout, maxSize } = web
  if (addresses.length === 0)
    problems.push(told(`has ${Object.keys(web).join(', ')}, which is only for addresses`, 'leave it out'))
  for (const [word, text] of Object.entries({ refresh, timeout }))
    if (text !== undefined && parseDuration(text) === undefined)
      problems.push(told(`has ${word}: '${text}'`, "a length of time is such as '10m' or '1h'"))
  if (maxSize !== undefined && parseSize(maxSize) === undefined)
    problems.push(told(`has maxSize: '${maxSize}'`, "a size is such as '500MB' or '2GiB'"))
  return [...problems, ...headerProblems(headers, told)]
}

function addressProblems(path: string, told: Tell): Problem[] {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path) && !isAddress(path))
    return [
      told(`names '${path}'`, 'addresses begin with https:// or http://; files are named by their path'),
    ]
  if (!isAddress(path)) return []
  if (!URL.canParse(path)) return [told(`has the address '${path}', which is none`)]
  const { username, password } = new URL(path)
  if (username !== '' || password !== '')
    return [
      told('has a user or password in its address', "say `headers: { authorization: 'Basic ${env:BASIC}' }`"),
    ]
  if (/[*{}]/.test(path))
    return [
      told(`has a pattern in its address '${path}'`, 'a server cannot be asked for patterns: list them'),
    ]
  return []
}

const secretNames = /authorization|cookie|token|secret|password|api-?key|signature/i

function headerProblems(headers: Readonly<Record<string, string>>, told: Tell): Problem[] {
  return Object.entries(headers).flatMap(([name, value]): Problem[] => {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return [told(`has the header '${name}', which is none`)]
    if (ownHeaders.includes(name.toLowerCase()))
      return [told(`has the header '${name}', which is set for each request`, 'leave it out')]
    if (secretNames.test(name) && !/\$\{env:[A-Za-z_][A-Za-z0-9_]*\}/.test(value))
      return [
        told(`has the header '${name}' as plain text`, `write '\${env:NAME}', and set NAME where it runs`),
      ]
    return []
  })
}
