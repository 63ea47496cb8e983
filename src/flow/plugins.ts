import { isObject, type Shape } from '../base/form.ts'
import { segmentFault } from '../base/names.ts'
import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { Plugin } from './plugin.ts'

/** A plugin as it was found, before anything is known of its form. */
export interface FoundPlugin {
  readonly plugin: unknown
  /** The module that exports it, or the flow that names it; relative to the project. */
  readonly file: string
}

const keys = ['name', 'onEvent', 'commands'] as const
const commandKeys = ['description', 'run'] as const

/** The plugins that a module exports: its default export, one or a list of them. */
export function pluginsIn(module: { readonly [name: string]: unknown }, file: string): FoundPlugin[] {
  const exported = module['default']
  const list: readonly unknown[] = Array.isArray(exported) ? exported : [exported]
  return list.map((plugin) => ({ plugin, file }))
}

/**
 * What is wrong with plugins, all at once: `plugin/invalid` for one that has not the form of `Plugin`,
 * `plugin/clash` for a name or a command that is taken or reserved. One plugin that is found twice (by
 * `sluice.yaml` and by a flow) is no clash.
 */
export function validatePlugins(
  found: readonly FoundPlugin[],
  reservedCommands: readonly string[],
): Problem[] {
  const unique = found.filter(({ plugin }, at) => found.findIndex((other) => other.plugin === plugin) === at)
  const problems = unique.flatMap(formProblems)
  const good = unique.filter(isPlugin)
  const names = new Map<string, string>()
  const commands = new Map(reservedCommands.map((name) => [name, 'Sluice itself']))
  for (const { plugin, file } of good) {
    const first = names.get(plugin.name)
    if (first !== undefined)
      problems.push(clash(file, `the plugin name '${plugin.name}' is taken: ${first} has it`))
    else names.set(plugin.name, file)
    for (const command of Object.keys(plugin.commands ?? {})) {
      const owner = commands.get(command)
      if (owner === undefined) commands.set(command, `plugin '${plugin.name}' of ${file}`)
      else
        problems.push(clash(file, `plugin '${plugin.name}': the command '${command}' is taken by ${owner}`))
    }
  }
  return problems
}

/** Whether a found plugin has the form of one. */
export function isPlugin(found: FoundPlugin): found is FoundPlugin & { readonly plugin: Plugin } {
  return formProblems(found).length === 0
}

function formProblems({ plugin, file }: FoundPlugin): Problem[] {
  if (!isObject(plugin)) {
    const hint = 'export default { name: ..., onEvent(event) { ... } }, or a list of such'
    return [invalid(file, `${file} does not export a plugin as its default`, hint)]
  }
  const { name, onEvent, commands } = plugin
  if (typeof name !== 'string') return [invalid(file, `a plugin of ${file} has no name`)]
  const fault = segmentFault(name)
  const problems = unknownKeys(plugin, keys, `plugin '${name}'`, file)
  if (fault !== undefined) problems.push(invalid(file, `the plugin name '${name}' ${fault}`))
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    problems.push(invalid(file, `plugin '${name}': onEvent is not a function`))
  }
  if (commands !== undefined && !isObject(commands)) {
    problems.push(invalid(file, `plugin '${name}': commands is not an object of commands by name`))
  } else problems.push(...commandProblems(name, commands ?? {}, file))
  return problems
}

function commandProblems(plugin: string, commands: Shape, file: string): Problem[] {
  return Object.entries(commands).flatMap(([name, command]) => {
    const called = `plugin '${plugin}': the command '${name}'`
    const fault = segmentFault(name)
    if (fault !== undefined) return [invalid(file, `${called} ${fault}`)]
    if (!isObject(command)) return [invalid(file, `${called} is not an object with description and run`)]
    const problems = unknownKeys(command, commandKeys, called, file)
    if (typeof command['run'] !== 'function') problems.push(invalid(file, `${called} has no function run`))
    if (typeof command['description'] !== 'string')
      problems.push(invalid(file, `${called} has no description`))
    return problems
  })
}

function unknownKeys(value: Shape, known: readonly string[], called: string, file: string): Problem[] {
  const wrong = Object.keys(value).filter((key) => !known.includes(key))
  return wrong.map((key) => invalid(file, `${called} has no use for '${key}'`, didYouMean(key, known)))
}

function invalid(file: string, message: string, hint?: string): Problem {
  return { code: 'plugin/invalid', message, where: { file }, ...(hint !== undefined && { hint }) }
}

function clash(file: string, message: string): Problem {
  return { code: 'plugin/clash', message, where: { file }, hint: 'rename one of them' }
}
